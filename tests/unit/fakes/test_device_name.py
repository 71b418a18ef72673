"""Names of synthetic cameras."""

import pytest

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.image import Layout
from spot_webcam.fakes.cameras import (
    FaultyCamera,
    SyntheticCamera,
    SyntheticDevice,
    parse_script,
    parse_synthetic_device,
    synthetic_camera,
)
from spot_webcam.fakes.clock import ManualClock


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


def test_name_is_the_last_part() -> None:
    assert parse_synthetic_device("synthetic:robot/front/").name == "front"


def test_percent_escapes_are_decoded_and_plus_stays() -> None:
    escaped = parse_synthetic_device("synthetic:?script=unplug%405s%2B3s")
    assert escaped == parse_synthetic_device("synthetic:?script=unplug@5s+3s")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/dev/video0", "'/dev/video0' is no synthetic camera: write synthetic:[NAME]"),
        ("synthetic:?colour=red", "'colour=red' is unknown; write OPTION=VALUE with size, fps"),
        ("synthetic:?fps", "'fps' is unknown"),
        ("synthetic:?fps=1&fps=2", "'fps' is given twice"),
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
        ("synthetic:?script=explode@1s", "'explode@1s' is unknown; the events are absent, busy"),
    ],
)
def test_bad_name_says_what_is_allowed(text: str, told: str) -> None:
    with pytest.raises(CameraMisconfigured) as raised:
        parse_synthetic_device(text)
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


def test_only_a_script_makes_the_camera_faulty() -> None:
    assert isinstance(synthetic_camera("synthetic:", ManualClock()), SyntheticCamera)
    assert isinstance(synthetic_camera("synthetic:?script=", ManualClock()), SyntheticCamera)
    assert isinstance(synthetic_camera("synthetic:?script=fail@1", ManualClock()), FaultyCamera)
