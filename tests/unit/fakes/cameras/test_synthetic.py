"""Timing of the synthetic camera."""

import pytest

from spot_webcam.domain.errors import NoData
from spot_webcam.domain.media.image import CaptureSettings, Layout
from spot_webcam.domain.ports import CameraMode, Interruptible
from spot_webcam.fakes.cameras import SyntheticCamera, SyntheticDevice, read_sequence
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.fakes.cameras.interruption import StuckClock, check_interrupt_ends_grab

SECOND = 1_000_000_000
START_NS = 1_700_000_000 * SECOND
DEVICE = SyntheticDevice(cols=64, rows=48, fps=10.0, layout=Layout.GREY8)


def _shown(camera: SyntheticCamera) -> int | None:
    return read_sequence(camera.retrieve().pixels)


def test_mode_is_the_device() -> None:
    mode = SyntheticCamera(DEVICE, ManualClock()).open()
    assert mode == CameraMode(64, 48, Layout.GREY8, 10.0, "synthetic")


def test_pictures_come_at_the_rate() -> None:
    clock = ManualClock()
    camera = SyntheticCamera(DEVICE, clock)
    camera.open()
    seen = []
    for _ in range(3):
        captured_ns = camera.grab()
        assert captured_ns is not None
        seen.append((captured_ns - START_NS, clock.monotonic_ns(), _shown(camera)))
    tenth = SECOND // 10
    assert seen == [(0, 0, 0), (tenth, tenth, 1), (2 * tenth, 2 * tenth, 2)]


def test_late_caller_gets_the_newest_that_is_due() -> None:
    clock = ManualClock()
    camera = SyntheticCamera(DEVICE, clock)
    camera.open()
    camera.grab()
    clock.advance(0.75)
    assert camera.grab() == START_NS + 7 * SECOND // 10
    assert _shown(camera) == 7
    assert clock.monotonic_ns() == 75 * SECOND // 100
    camera.grab()
    assert _shown(camera) == 8
    assert clock.monotonic_ns() == 8 * SECOND // 10


def test_uneven_rate_never_skips_or_repeats() -> None:
    camera = SyntheticCamera(SyntheticDevice(cols=64, rows=48, fps=29.97), ManualClock())
    camera.open()
    times, shown = [], []
    for _ in range(200):
        times.append(camera.grab() or 0)
        shown.append(_shown(camera))
    assert shown == list(range(200))
    assert abs(times[-1] - times[0] - 199 / 29.97 * SECOND) < 1000


def test_capture_time_follows_a_stepped_wall_clock() -> None:
    clock = ManualClock()
    camera = SyntheticCamera(DEVICE, clock)
    camera.open()
    camera.grab()
    clock.step(-100.0)
    assert camera.grab() == START_NS + SECOND // 10 - 100 * SECOND


def test_opening_again_starts_again() -> None:
    clock = ManualClock()
    camera = SyntheticCamera(DEVICE, clock)
    camera.open()
    clock.advance(1.0)
    camera.grab()
    assert _shown(camera) == 10
    camera.close()
    camera.open()
    with pytest.raises(NoData, match="grab first"):
        camera.retrieve()
    camera.grab()
    assert _shown(camera) == 0


def test_settings_are_plausible() -> None:
    settings = SyntheticCamera(DEVICE, ManualClock()).settings()
    assert settings == CaptureSettings(exposure_s=0.05, gain_db=6.0)


def test_interrupt_stands_until_opened_again() -> None:
    camera = SyntheticCamera(DEVICE, ManualClock())
    assert isinstance(camera, Interruptible)
    camera.open()
    camera.interrupt()
    for _ in range(2):
        with pytest.raises(NoData, match="interrupted"):
            camera.grab()
    camera.open()
    camera.grab()


def test_interrupt_ends_a_wait_in_another_thread() -> None:
    clock = StuckClock()
    camera = SyntheticCamera(DEVICE, clock)
    camera.open()
    camera.grab()
    check_interrupt_ends_grab(camera, clock)


def test_camera_that_is_not_open_gives_nothing() -> None:
    camera = SyntheticCamera(SyntheticDevice(), ManualClock())
    with pytest.raises(NoData, match="not open"):
        camera.grab()
