"""What every adapter and every fake of the `Camera` port must satisfy.

An adapter joins by an entry in CASES.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import pytest

from spot_webcam.adapters.opencv import OpenCvCodec, opencv_camera
from spot_webcam.adapters.system_clock import SystemClock
from spot_webcam.app.isolation import Isolation, isolated_or_not
from spot_webcam.domain.camera_modes import JPEG_CODECS
from spot_webcam.domain.controls import Control, ControlKind, Controllable
from spot_webcam.domain.errors import CameraAbsent, CameraError, CameraMisconfigured
from spot_webcam.domain.image import CaptureSettings, Layout, Picture
from spot_webcam.domain.jpeg import JpegPicture, inspect_jpeg
from spot_webcam.domain.ports import Camera, Interruptible, ModeRequest
from spot_webcam.domain.source_name import Device
from spot_webcam.fakes.cameras import (
    FaultyCamera,
    SyntheticCamera,
    SyntheticDevice,
    parse_script,
    synthetic_camera,
)
from spot_webcam.fakes.cameras.pattern import Pattern
from spot_webcam.fakes.clock import ManualClock

# Of these many pictures in a row, two at least must differ.
FRAMES = 5


@dataclass(frozen=True)
class CameraCase:
    """`make` and `make_absent` get an empty folder and return a camera, not opened yet.

    `make` gives one that is there and works; `make_absent` one that is not there, if the
    adapter can have such. `jpegs` says that it delivers JPEGs, `controls` that it has some.
    """

    name: str
    make: Callable[[Path], Camera]
    make_absent: Callable[[Path], Camera] | None = None
    jpegs: bool = False
    controls: bool = False


def _synthetic(layout: Layout, options: str = "", script: str = "") -> CameraCase:
    name = f"synthetic:?size=64x48&layout={layout.label}{options}&script="
    jpegs = "codec=mjpg" in options
    return CameraCase(
        f"synthetic-{layout.label}{options}{script}",
        lambda _: synthetic_camera(f"{name}{script}", ManualClock()),
        lambda _: synthetic_camera(f"{name}absent@0", ManualClock()),
        jpegs=jpegs,
        controls=jpegs or "controls=1" in options,
    )


def _faulty(script: str) -> Camera:
    clock = ManualClock()
    return FaultyCamera(SyntheticCamera(SyntheticDevice(), clock), parse_script(script), clock)


def _record(path: Path, codec: str) -> None:
    fourcc = cv2.VideoWriter.fourcc(*codec)
    writer = cv2.VideoWriter(str(path), fourcc, 10.0, (64, 48))
    pattern = Pattern(64, 48, 0, Layout.BGR8, 10.0)
    for sequence in range(FRAMES):
        writer.write(pattern.frame(sequence))
    writer.release()


def _recorded(
    name: str, codec: str, play: Callable[[str], Camera] | None = None, label: str = ""
) -> CameraCase:
    """A recording that OpenCV decodes."""

    def make_absent(folder: Path) -> Camera:
        path = str(folder / name)
        return play(path) if play else opencv_camera(path, ModeRequest(), ManualClock())

    def make(folder: Path) -> Camera:
        _record(folder / name, codec)
        return make_absent(folder)

    return CameraCase(f"{label}recording-{codec}", make, make_absent, jpegs=codec == "MJPG")


def _isolate(device_name: str) -> Camera:
    """Return the camera in a process of its own, on the system's clock."""
    device = Device("camera", device_name)
    return isolated_or_not(device, ModeRequest(), SystemClock(), Isolation.ALWAYS)


def _isolated(options: str) -> CameraCase:
    name = f"synthetic:?size=64x48&fps=100&{options}"
    jpegs = "codec=mjpg" in options
    return CameraCase(
        f"isolated-{options}",
        lambda _: _isolate(name),
        lambda _: _isolate(f"{name}&script=absent@0s"),
        jpegs=jpegs,
        controls=jpegs or "controls=1" in options,
    )


CASES: list[CameraCase] = [
    *(_synthetic(layout) for layout in Layout),
    _synthetic(Layout.BGR8, "&codec=mjpg"),
    _synthetic(Layout.GREY8, "&codec=mjpg&quality=100"),
    _synthetic(Layout.BGR8, "&codec=mjpg", "pad@0"),
    _synthetic(Layout.RGBA8, "&controls=1"),
    _synthetic(Layout.BGR8, "&controls=1", "slow=2@0"),
    _recorded("recording.avi", "MJPG"),
    _recorded("recording.mp4", "mp4v"),
    _isolated("layout=bgr8"),
    _isolated("layout=depth16"),
    _isolated("codec=mjpg"),
    _isolated("controls=1"),
    _recorded("recording.avi", "MJPG", _isolate, "isolated-"),
    CameraCase("faulty-without-faults", lambda _: _faulty(""), lambda _: _faulty("absent@0")),
]


def _some(wanted: Callable[[CameraCase], bool]) -> pytest.MarkDecorator:
    cases = [case for case in CASES if wanted(case)]
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


of_pixels = _some(lambda case: not case.jpegs)
of_jpegs = _some(lambda case: case.jpegs)
with_controls = _some(lambda case: case.controls)
without_controls = _some(lambda case: not case.controls)


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> CameraCase:
    chosen: CameraCase = request.param
    return chosen


@pytest.fixture
def camera(case: CameraCase, tmp_path: Path) -> Iterator[Camera]:
    made = case.make(tmp_path)
    yield made
    made.close()


def _take(camera: Camera) -> Picture | JpegPicture:
    camera.grab()
    return camera.retrieve()


def _bytes(picture: Picture | JpegPicture) -> bytes:
    return picture.data if isinstance(picture, JpegPicture) else picture.pixels.tobytes()


def test_mode_agrees_with_the_pictures(camera: Camera) -> None:
    mode = camera.open()
    for _ in range(FRAMES):
        picture = _take(camera)
        assert (picture.cols, picture.rows, picture.layout) == (mode.cols, mode.rows, mode.layout)


def test_mode_tells_a_possible_rate_or_none(camera: Camera) -> None:
    mode = camera.open()
    assert mode.fps is None or 0 < mode.fps < 100_000


@of_pixels
def test_pictures_are_whole_and_read_only(camera: Camera) -> None:
    camera.open()
    picture = _take(camera)
    assert isinstance(picture, Picture)
    channels = (picture.layout.channels,) if picture.layout.channels > 1 else ()
    assert picture.pixels.shape == (picture.rows, picture.cols, *channels)
    assert picture.pixels.dtype == picture.layout.dtype
    assert picture.pixels.flags.c_contiguous
    assert not picture.pixels.flags.writeable


@of_jpegs
def test_jpegs_are_whole_and_end_with_their_marker(camera: Camera) -> None:
    mode = camera.open()
    assert mode.codec in JPEG_CODECS
    picture = _take(camera)
    assert isinstance(picture, JpegPicture)
    assert type(picture.data) is bytes
    assert picture.data.startswith(b"\xff\xd8\xff")
    assert picture.data.endswith(b"\xff\xd9")
    assert inspect_jpeg(picture.data) == picture
    decoded = OpenCvCodec().decode_jpeg(picture)
    assert (decoded.cols, decoded.rows, decoded.layout) == (mode.cols, mode.rows, mode.layout)


def test_pictures_keep_their_bytes_when_the_next_ones_come(camera: Camera) -> None:
    camera.open()
    pictures = [_take(camera)]
    before = _bytes(pictures[0])
    pictures.extend(_take(camera) for _ in range(FRAMES))
    assert _bytes(pictures[0]) == before


def test_pictures_differ_over_time(camera: Camera) -> None:
    camera.open()
    assert len({_bytes(_take(camera)) for _ in range(FRAMES)}) > 1


def test_capture_times_rise(camera: Camera) -> None:
    camera.open()
    told = [camera.grab() for _ in range(FRAMES)]
    times = [time_ns for time_ns in told if time_ns is not None]
    assert times == sorted(set(times))


def test_pictures_may_be_skipped(camera: Camera) -> None:
    camera.open()
    for _ in range(FRAMES):
        camera.grab()
    assert camera.retrieve().rows > 0


def test_grab_before_open_is_refused(camera: Camera) -> None:
    with pytest.raises(CameraError):
        camera.grab()


def test_retrieve_before_open_is_refused(camera: Camera) -> None:
    with pytest.raises(CameraError):
        camera.retrieve()


def test_retrieve_before_grab_is_refused(camera: Camera) -> None:
    camera.open()
    with pytest.raises(CameraError):
        camera.retrieve()


def test_grab_after_close_is_refused(camera: Camera) -> None:
    camera.open()
    camera.grab()
    camera.close()
    with pytest.raises(CameraError):
        camera.grab()


def test_retrieve_after_close_is_refused(camera: Camera) -> None:
    camera.open()
    camera.grab()
    camera.close()
    with pytest.raises(CameraError):
        camera.retrieve()


def test_close_is_allowed_before_open_and_twice(camera: Camera) -> None:
    camera.close()
    camera.open()
    camera.close()
    camera.close()


def test_camera_opens_again_after_close(camera: Camera) -> None:
    mode = camera.open()
    _take(camera)
    camera.close()
    assert camera.open() == mode
    assert _take(camera).rows == mode.rows


def test_settings_are_plausible_while_open(camera: Camera) -> None:
    camera.open()
    settings = camera.settings()
    assert settings.exposure_s is None or 0 < settings.exposure_s < 60
    assert settings.gain_db is None or -100 < settings.gain_db < 100


def test_settings_before_open_are_told_or_refused(camera: Camera) -> None:
    try:
        settings = camera.settings()
    except CameraError:
        return
    assert isinstance(settings, CaptureSettings)


def test_interrupt_is_allowed_in_every_state(camera: Camera) -> None:
    if not isinstance(camera, Interruptible):
        pytest.skip("this camera cannot be interrupted")
    camera.interrupt()
    camera.open()
    camera.grab()
    camera.interrupt()
    camera.close()
    camera.interrupt()
    camera.open()
    assert _take(camera).rows > 0


def test_errors_leave_the_camera_fit_to_be_opened(camera: Camera) -> None:
    with pytest.raises(CameraError):
        camera.grab()
    camera.close()
    camera.open()
    assert _take(camera).rows > 0


def test_absent_camera_is_told_as_absent(case: CameraCase, tmp_path: Path) -> None:
    if case.make_absent is None:
        pytest.skip("this camera is never absent")
    absent = case.make_absent(tmp_path)
    for _ in range(2):
        with pytest.raises(CameraAbsent):
            absent.open()
        with pytest.raises(CameraError):
            absent.grab()
        absent.close()


# What a camera with controls must satisfy besides.


class Controlled(Camera, Controllable, Protocol):
    """A camera with controls."""


@pytest.fixture
def controlled(camera: Camera) -> Controlled:
    assert isinstance(camera, Controllable)
    controlled: Controlled = camera
    return controlled


@without_controls
def test_camera_without_controls_promises_none(camera: Camera) -> None:
    assert not isinstance(camera, Controllable)


def _settable(camera: Controlled) -> list[Control]:
    return [one for one in camera.controls() if not one.read_only and not one.inactive]


def _other_value(control: Control) -> int:
    """Return a value that it takes and that is not its default."""
    values = control.menu or range(control.minimum, control.maximum + 1, max(1, control.step))
    return next(value for value in values if value != control.default)


@with_controls
def test_controls_have_names_of_their_own(controlled: Controlled) -> None:
    controlled.open()
    names = [control.name for control in controlled.controls()]
    assert names
    assert len(set(names)) == len(names)


@with_controls
def test_defaults_of_controls_are_allowed(controlled: Controlled) -> None:
    controlled.open()
    for control in _settable(controlled):
        control.check(control.default)


@with_controls
def test_controls_read_as_they_were_written(controlled: Controlled) -> None:
    controlled.open()
    for control in _settable(controlled):
        if control.switches or control.kind is ControlKind.BUTTON:
            continue
        value = _other_value(control)
        controlled.write({control.name: value})
        assert controlled.read([control.name]) == {control.name: value}


@with_controls
def test_value_out_of_range_is_refused_before_any_is_set(controlled: Controlled) -> None:
    controlled.open()
    first, *others = [one for one in _settable(controlled) if one.kind is ControlKind.INTEGER]
    before = controlled.read([first.name])
    for other in others:
        for wrong in (other.minimum - 1, other.maximum + 1):
            with pytest.raises(CameraMisconfigured, match=other.name):
                controlled.write({first.name: _other_value(first), other.name: wrong})
    assert controlled.read([first.name]) == before


@with_controls
def test_unknown_control_is_refused(controlled: Controlled) -> None:
    controlled.open()
    with pytest.raises(CameraMisconfigured, match="no control 'mood'"):
        controlled.read(["mood"])
    with pytest.raises(CameraMisconfigured, match="no control 'mood'"):
        controlled.write({"mood": 1})


@with_controls
def test_inactive_controls_follow_their_switches(controlled: Controlled) -> None:
    controlled.open()

    def inactive() -> dict[str, Control]:
        return {one.name: one for one in controlled.controls() if one.inactive}

    held = inactive()
    assert held
    for control in held.values():
        with pytest.raises(CameraMisconfigured, match=f"{control.name} is inactive"):
            controlled.write({control.name: _other_value(control)})
    switches = {one.name: _other_value(one) for one in controlled.controls() if one.switches}
    # Together with their switches they can be set.
    values = {control.name: _other_value(control) for control in held.values()}
    controlled.write({**values, **switches})
    assert not inactive()
    assert controlled.read([*values, *switches]) == {**values, **switches}
    controlled.write({one.name: one.default for one in controlled.controls()})
    assert inactive().keys() == held.keys()


@with_controls
def test_controls_are_kept_while_the_camera_is_closed(controlled: Controlled) -> None:
    controlled.open()
    control = _settable(controlled)[0]
    value = _other_value(control)
    controlled.write({control.name: value})
    controlled.close()
    controlled.open()
    assert controlled.read([control.name]) == {control.name: value}


@with_controls
def test_controls_of_a_closed_camera_are_refused(controlled: Controlled) -> None:
    for _ in range(2):
        with pytest.raises(CameraError):
            controlled.controls()
        with pytest.raises(CameraError):
            controlled.read([])
        with pytest.raises(CameraError):
            controlled.write({})
        controlled.open()
        controlled.close()
