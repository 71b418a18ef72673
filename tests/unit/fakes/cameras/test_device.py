"""Names of synthetic cameras."""

import pytest

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.media.image import Layout
from spot_webcam.fakes.cameras import (
    ControlledCamera,
    FaultyCamera,
    MjpgCamera,
    SyntheticCamera,
    SyntheticDevice,
    parse_manners,
    parse_script,
    parse_synthetic_device,
    synthetic_camera,
)
from spot_webcam.fakes.cameras.variants.parametrised import ParametrisedCamera
from spot_webcam.fakes.time.manual import ManualClock


@pytest.mark.parametrize(
    "text", ["synthetic:", "synthetic:?", "synthetic:synthetic", "synthetic:?&"]
)
def test_defaults(text: str) -> None:
    assert parse_synthetic_device(text) == SyntheticDevice(
        "synthetic", 640, 480, 30.0, 0, Layout.BGR8
    )


def test_every_option() -> None:
    device = parse_synthetic_device(
        "synthetic:front?size=1280x720&fps=29.97&seed=7&layout=rgba8&script=unplug@5s+3s,slow=4@9"
    )
    script = parse_script("unplug@5s+3s,slow=4@9s")
    assert device == SyntheticDevice("front", 1280, 720, 29.97, 7, Layout.RGBA8, script)


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("synthetic:?codec=mjpg", SyntheticDevice(mjpg=True)),
        ("synthetic:?codec=mjpg&quality=7", SyntheticDevice(mjpg=True, quality=7)),
        (
            "synthetic:?codec=mjpg&manners=restart=5,scan-header",
            SyntheticDevice(mjpg=True, manners=parse_manners("restart=5,scan-header")),
        ),
        ("synthetic:?controls=1", SyntheticDevice(controls=True)),
        ("synthetic:?parameters=0", SyntheticDevice(parameters=False)),
        ("synthetic:?began=1234567890123", SyntheticDevice(began_ns=1234567890123)),
        (
            "synthetic:?codec=mjpg&layout=grey8&controls=1",
            SyntheticDevice(layout=Layout.GREY8, mjpg=True, controls=True),
        ),
    ],
)
def test_options_of_webcams(text: str, device: SyntheticDevice) -> None:
    assert parse_synthetic_device(text) == device


def test_name_is_the_last_part() -> None:
    assert parse_synthetic_device("synthetic:robot/front/").name == "front"


def test_percent_escapes_are_decoded_and_plus_stays() -> None:
    escaped = parse_synthetic_device("synthetic:?script=unplug%405s%2B3s")
    assert escaped == parse_synthetic_device("synthetic:?script=unplug@5s+3s")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("/dev/video0", "invalid synthetic camera '/dev/video0': write synthetic:[NAME]"),
        ("synthetic:?colour=red", "'colour=red' is unknown; write OPTION=VALUE with size, fps"),
        ("synthetic:?fps", "'fps' is unknown"),
        ("synthetic:?fps=1&fps=2", "'fps' is repeated"),
        ("synthetic:?size=63x48", "size must be COLSxROWS from 64x48 to 4096x4096, not '63x48'"),
        ("synthetic:?size=64x47", "not '64x47'"),
        ("synthetic:?size=4097x480", "not '4097x480'"),
        ("synthetic:?size=big", "not 'big'"),
        ("synthetic:?fps=0", "fps must be a number above 0, up to 1000, not '0'"),
        ("synthetic:?fps=-1", "not '-1'"),
        ("synthetic:?fps=nan", "not 'nan'"),
        ("synthetic:?fps=inf", "not 'inf'"),
        ("synthetic:?fps=fast", "not 'fast'"),
        ("synthetic:?seed=-1", "seed must be a whole number from 0 to 4294967295, not '-1'"),
        ("synthetic:?seed=4294967296", "not '4294967296'"),
        ("synthetic:?seed=²", "not '²'"),
        ("synthetic:?layout=yuv", "layout must be one of grey8, rgb8, bgr8"),
        ("synthetic:?codec=h264", "codec must be mjpg, or left out for pixels, not 'h264'"),
        ("synthetic:?codec=mjpg&layout=rgb8", "mjpg is for layout bgr8 or grey8, not rgb8"),
        ("synthetic:?codec=mjpg&layout=depth16", "bgr8 or grey8, not depth16"),
        ("synthetic:?codec=mjpg&quality=0", "quality must be a whole number from 1 to 100"),
        ("synthetic:?codec=mjpg&quality=101", "not '101'"),
        ("synthetic:?codec=mjpg&quality=²", "not '²'"),
        ("synthetic:?quality=50", "option 'quality' needs codec=mjpg"),
        ("synthetic:?manners=comment", "option 'manners' needs codec=mjpg"),
        ("synthetic:?codec=mjpg&manners=rude", "manner 'rude' is unknown; the manners are"),
        ("synthetic:?controls=0", "controls must be 1, or left out for none, not '0'"),
        ("synthetic:?controls=1&layout=grey16", "controls=1 is for 8-bit layouts, not for grey16"),
        ("synthetic:?began=soon", "began must be nanoseconds of the monotonic clock, not 'soon'"),
        ("synthetic:?script=flip@1s", "'flip' damages a JPEG's bytes: it needs codec=mjpg"),
        ("synthetic:?script=explode@1s", "'explode@1s' is unknown; the events are absent, busy"),
    ],
)
def test_bad_name_says_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(CameraMisconfigured) as raised:
        parse_synthetic_device(text)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_only_a_script_makes_the_camera_faulty() -> None:
    def kind(options: str) -> type:
        return type(synthetic_camera(f"synthetic:?parameters=0{options}", ManualClock()))

    assert kind("") is SyntheticCamera
    assert kind("&script=") is SyntheticCamera
    assert kind("&script=fail@1") is FaultyCamera


def test_camera_has_controls_or_else_parameters() -> None:
    def kind(options: str) -> type:
        return type(synthetic_camera(f"synthetic:?{options}", ManualClock()))

    assert kind("") is ParametrisedCamera
    assert kind("script=fail@1") is ParametrisedCamera
    assert kind("controls=1") is ControlledCamera
    assert kind("codec=mjpg") is MjpgCamera


@pytest.mark.parametrize("event", ["truncate", "flip", "garbage", "header", "empty", "pad", "tiny"])
def test_bytes_are_damaged_where_there_are_any(event: str) -> None:
    with pytest.raises(CameraMisconfigured, match=f"'{event}' damages a JPEG's bytes"):
        synthetic_camera(f"synthetic:?script=slow@0,{event}@1+1", ManualClock())
    assert synthetic_camera(f"synthetic:?codec=mjpg&script={event}@1+1", ManualClock())


@pytest.mark.parametrize("script", ["", "fail@1"])
def test_options_make_the_camera(script: str) -> None:
    controlled = synthetic_camera(f"synthetic:?controls=1&script={script}", ManualClock())
    assert type(controlled) is ControlledCamera
    mjpg = synthetic_camera(f"synthetic:?codec=mjpg&script={script}", ManualClock())
    assert type(mjpg) is MjpgCamera
