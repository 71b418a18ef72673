"""Faults of a script that damage pictures, or change their rate."""

import pytest

from spot_webcam.domain.errors import (
    CorruptFrame,
    NoData,
)
from spot_webcam.domain.media.image import CaptureSettings, Layout
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import Camera
from spot_webcam.fakes.cameras import FaultyCamera, parse_script
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.fakes.cameras.faults.faulty_cameras import PlainCamera, camera_of, opened, shown

SECOND = 1_000_000_000


def test_frozen_camera_repeats_its_picture_and_its_time() -> None:
    clock = ManualClock()
    camera = opened("freeze@0.25s+1s", clock)
    times = [camera.grab() for _ in range(3)]
    assert shown(camera) == 2
    frozen = [(camera.grab(), shown(camera)) for _ in range(9)]
    assert frozen == [(times[-1], 2)] * 9
    # The pace is kept, and it goes on where it would have been.
    assert clock.monotonic_ns() == 11 * SECOND // 10
    clock.advance(0.3)
    assert camera.grab() not in times
    assert shown(camera) == 14


def test_camera_that_freezes_before_its_first_picture_repeats_that() -> None:
    camera = opened("freeze@0s", clock := ManualClock())
    time_ns = camera.grab()
    assert shown(camera) == 0
    assert [(camera.grab(), shown(camera)) for _ in range(3)] == [(time_ns, 0)] * 3
    camera.close()
    clock.advance(1.0)
    camera.open()
    assert (camera.grab(), shown(camera)) == (time_ns, 0)


def test_frozen_picture_that_was_not_retrieved_is_not_repeated() -> None:
    camera = opened("freeze@0.15s", ManualClock())
    first_ns = camera.grab()
    assert shown(camera) == 0
    camera.grab()
    assert camera.grab() == first_ns
    assert shown(camera) == 0


def test_frozen_jpegs_have_the_same_bytes() -> None:
    camera = camera_of("freeze@0s", ManualClock(), "fps=10&codec=mjpg")
    camera.open()
    pictures = []
    for _ in range(3):
        camera.grab()
        picture = camera.retrieve()
        assert isinstance(picture, JpegPicture)
        pictures.append(picture.data)
    assert len(set(pictures)) == 1


@pytest.mark.parametrize("event", ["fail", "truncate"])
def test_script_may_have_begun_before(event: str) -> None:
    clock = ManualClock()
    clock.advance(5.0)
    began_ns = clock.monotonic_ns()
    clock.advance(2.0)
    options = f"fps=10&codec=mjpg&began={began_ns}"
    camera = camera_of(f"{event}@1.5s+1s", clock, options)
    camera.open()
    with pytest.raises((NoData, CorruptFrame)):
        _take(camera)
    clock.advance(0.5)
    _take(camera)


def _take(camera: Camera) -> None:
    camera.grab()
    camera.retrieve()


def test_black_pictures_keep_size_and_layout() -> None:
    clock = ManualClock()
    camera = camera_of("black@0+1s", clock, "fps=10&layout=rgba8")
    camera.open()
    camera.grab()
    picture = camera.retrieve()
    assert (picture.rows, picture.cols, picture.layout) == (48, 64, Layout.RGBA8)
    assert not picture.pixels.any()
    clock.advance(1.0)
    camera.grab()
    assert shown(camera) == 10


def test_corrupt_pictures_are_refused_by_retrieve() -> None:
    clock = ManualClock()
    camera = opened("corrupt@0+0.15s", clock)
    for _ in range(2):
        camera.grab()
        with pytest.raises(CorruptFrame):
            camera.retrieve()
    camera.grab()
    assert shown(camera) == 2


@pytest.mark.parametrize(("event", "factor"), [("slow", 10), ("slow=4", 4), ("slow=1", 1)])
def test_slow_divides_the_rate(event: str, factor: int) -> None:
    clock = ManualClock()
    camera = opened(f"{event}@0.05s", clock)
    camera.grab()
    times_ns = []
    for _ in range(3):
        camera.grab()
        times_ns.append(clock.monotonic_ns())
        assert shown(camera) == factor * len(times_ns)
    assert times_ns == [count * factor * SECOND // 10 for count in (1, 2, 3)]


def test_slow_ends_with_its_event() -> None:
    clock = ManualClock()
    camera = opened("slow@0+0.25s", clock)
    camera.grab()
    assert shown(camera) == 3


@pytest.mark.parametrize(("size", "layout"), [("32x96", "bgr8"), ("100x20", "grey16")])
def test_resize_changes_pictures_and_not_the_mode(size: str, layout: str) -> None:
    clock = ManualClock()
    camera = camera_of(f"resize={size}@0+1s", clock, f"fps=10&layout={layout}")
    mode = camera.open()
    assert (mode.cols, mode.rows) == (64, 48)
    camera.grab()
    picture = camera.retrieve()
    assert f"{picture.cols}x{picture.rows}" == size
    assert picture.layout.label == layout
    clock.advance(1.0)
    camera.grab()
    assert camera.retrieve().cols == 64


def test_faults_overlap() -> None:
    camera = opened("resize=32x24@0,black@0,slow=2@0", ManualClock())
    camera.grab()
    picture = camera.retrieve()
    assert (picture.cols, picture.rows) == (32, 24)
    assert not picture.pixels.any()


def test_any_camera_can_be_wrapped() -> None:
    camera = FaultyCamera(PlainCamera(), parse_script("resize=2x1@1s"), clock := ManualClock())
    camera.open()
    assert camera.grab() is None
    assert camera.retrieve().pixels.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    clock.advance(1.0)
    camera.grab()
    assert camera.retrieve().pixels.tolist() == [[0, 2]]
    assert camera.settings() == CaptureSettings(gain_db=1.0)
    camera.close()
