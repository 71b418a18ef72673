"""What every adapter and every fake of the `Camera` port must satisfy.

An adapter joins by an entry in CASES.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest

from spot_webcam.adapters.opencv import opencv_camera
from spot_webcam.domain.errors import CameraAbsent, CameraError
from spot_webcam.domain.image import CaptureSettings, Layout, Picture
from spot_webcam.domain.ports import Camera, Interruptible, ModeRequest
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
    adapter can have such.
    """

    name: str
    make: Callable[[Path], Camera]
    make_absent: Callable[[Path], Camera] | None = None


def _synthetic(layout: Layout) -> CameraCase:
    name = f"synthetic:?size=64x48&layout={layout.label}"
    return CameraCase(
        f"synthetic-{layout.label}",
        lambda _: synthetic_camera(name, ManualClock()),
        lambda _: synthetic_camera(f"{name}&script=absent@0", ManualClock()),
    )


def _faulty(script: str) -> Camera:
    clock = ManualClock()
    return FaultyCamera(SyntheticCamera(SyntheticDevice(), clock), parse_script(script), clock)


def _recorded(name: str, codec: str) -> CameraCase:
    """A recording that OpenCV decodes."""

    def make_absent(folder: Path) -> Camera:
        return opencv_camera(str(folder / name), ModeRequest(), ManualClock())

    def make(folder: Path) -> Camera:
        fourcc = cv2.VideoWriter.fourcc(*codec)
        writer = cv2.VideoWriter(str(folder / name), fourcc, 10.0, (64, 48))
        pattern = Pattern(64, 48, 0, Layout.BGR8, 10.0)
        for sequence in range(FRAMES):
            writer.write(pattern.frame(sequence))
        writer.release()
        return make_absent(folder)

    return CameraCase(f"recording-{codec}", make, make_absent)


CASES: list[CameraCase] = [
    *(_synthetic(layout) for layout in Layout),
    _recorded("recording.avi", "MJPG"),
    _recorded("recording.mp4", "mp4v"),
    CameraCase("faulty-without-faults", lambda _: _faulty(""), lambda _: _faulty("absent@0")),
]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> CameraCase:
    chosen: CameraCase = request.param
    return chosen


@pytest.fixture
def camera(case: CameraCase, tmp_path: Path) -> Iterator[Camera]:
    made = case.make(tmp_path)
    yield made
    made.close()


def _take(camera: Camera) -> Picture:
    camera.grab()
    return camera.retrieve()


def test_mode_agrees_with_the_pictures(camera: Camera) -> None:
    mode = camera.open()
    for _ in range(FRAMES):
        picture = _take(camera)
        assert (picture.cols, picture.rows, picture.layout) == (mode.cols, mode.rows, mode.layout)


def test_mode_tells_a_possible_rate_or_none(camera: Camera) -> None:
    mode = camera.open()
    assert mode.fps is None or 0 < mode.fps < 100_000


def test_pictures_are_whole_and_read_only(camera: Camera) -> None:
    camera.open()
    picture = _take(camera)
    channels = (picture.layout.channels,) if picture.layout.channels > 1 else ()
    assert picture.pixels.shape == (picture.rows, picture.cols, *channels)
    assert picture.pixels.dtype == picture.layout.dtype
    assert picture.pixels.flags.c_contiguous
    assert not picture.pixels.flags.writeable


def test_pictures_keep_their_pixels_when_the_next_ones_come(camera: Camera) -> None:
    camera.open()
    pictures = [_take(camera)]
    before = pictures[0].pixels.tobytes()
    pictures.extend(_take(camera) for _ in range(FRAMES))
    assert pictures[0].pixels.tobytes() == before


def test_pictures_differ_over_time(camera: Camera) -> None:
    camera.open()
    assert len({_take(camera).pixels.tobytes() for _ in range(FRAMES)}) > 1


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
