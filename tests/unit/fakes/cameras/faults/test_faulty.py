"""Each fault of a script, on a manual clock."""

import pytest

from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraCrashed,
    CameraError,
    CameraPermissionDenied,
    NoData,
)
from spot_webcam.fakes.cameras import FaultyCamera, parse_script, synthetic_camera
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.fakes.cameras.faults.faulty_cameras import PlainCamera, camera_of, opened, shown
from tests.unit.fakes.cameras.interruption import StuckClock, check_interrupt_ends_grab

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ("absent", CameraAbsent),
        ("unplug", CameraAbsent),
        ("busy", CameraBusy),
        ("forbidden", CameraPermissionDenied),
    ],
)
def test_open_is_refused_while_the_event_lasts(event: str, error: type[CameraError]) -> None:
    clock = ManualClock()
    camera = camera_of(f"{event}@0+2s", clock)
    for _ in range(2):
        with pytest.raises(error):
            camera.open()
        with pytest.raises(NoData, match="not open"):
            camera.grab()
        clock.advance(0.9)
    clock.advance(0.2)
    camera.open()
    camera.grab()
    assert shown(camera) == 0


@pytest.mark.parametrize("event", ["absent", "busy", "forbidden"])
def test_open_camera_is_left_alone(event: str) -> None:
    clock = ManualClock()
    camera = opened(f"{event}@1s", clock)
    clock.advance(2.0)
    camera.grab()
    assert shown(camera) == 20
    camera.close()
    with pytest.raises(CameraError):
        camera.open()


def test_script_begins_at_the_first_open() -> None:
    clock = ManualClock()
    camera = camera_of("fail@1s", clock)
    clock.advance(5.0)
    camera.open()
    camera.grab()
    camera.close()
    clock.advance(1.0)
    camera.open()
    with pytest.raises(NoData):
        camera.grab()


def test_unplug_kills_the_handle_until_it_is_opened_again() -> None:
    clock = ManualClock()
    camera = opened("unplug@1s+2s", clock)
    camera.grab()
    clock.advance(1.0)
    for _ in range(2):
        with pytest.raises(CameraAbsent, match="is unplugged"):
            camera.grab()
    with pytest.raises(CameraAbsent, match="is unplugged"):
        camera.open()
    clock.advance(2.0)
    for _ in range(2):
        with pytest.raises(NoData, match="was unplugged"):
            camera.grab()
    camera.close()
    camera.open()
    camera.grab()
    assert shown(camera) == 0


def test_settings_of_a_dead_handle_are_refused() -> None:
    clock = ManualClock()
    camera = opened("unplug@1s+1s", clock)
    assert camera.settings().gain_db is not None
    clock.advance(1.0)
    with pytest.raises(CameraAbsent, match="is unplugged"):
        camera.settings()
    clock.advance(1.0)
    with pytest.raises(NoData, match="was unplugged"):
        camera.settings()


@pytest.mark.parametrize("event", ["fail", "hang"])
def test_settings_are_reported_by_a_camera_that_delivers_nothing(event: str) -> None:
    assert opened(f"{event}@0", ManualClock()).settings().gain_db is not None


def test_unplug_that_nobody_saw_kills_the_handle_too() -> None:
    clock = ManualClock()
    camera = opened("unplug@1s+1s", clock)
    clock.advance(5.0)
    with pytest.raises(NoData, match="was unplugged"):
        camera.grab()


def test_unplug_during_a_grab_ends_it() -> None:
    clock = ManualClock()
    camera = opened("unplug@0.05s+1s", clock)
    camera.grab()
    with pytest.raises(CameraAbsent):
        camera.grab()


def test_fail_gives_no_data_at_once_and_passes() -> None:
    clock = ManualClock()
    camera = opened("fail@1s+1s", clock)
    camera.grab()
    clock.advance(1.0)
    with pytest.raises(NoData, match="delivers nothing"):
        camera.grab()
    assert clock.monotonic_ns() == SECOND
    clock.advance(1.0)
    camera.grab()
    assert shown(camera) == 20


def test_hang_blocks_until_it_ends() -> None:
    clock = ManualClock()
    camera = opened("hang@1s+2.5s", clock)
    clock.advance(1.0)
    camera.grab()
    assert clock.monotonic_ns() == 35 * SECOND // 10
    assert shown(camera) == 35


def test_unplug_ends_a_hang() -> None:
    clock = ManualClock()
    camera = opened("hang@0,unplug@2.5s", clock)
    with pytest.raises(CameraAbsent):
        camera.grab()
    assert clock.monotonic_ns() == 25 * SECOND // 10


@pytest.mark.parametrize("plain", [False, True])
def test_interrupt_ends_a_hang_in_another_thread(plain: bool) -> None:
    clock = StuckClock()
    script = parse_script("hang@0s")
    camera = FaultyCamera(PlainCamera(), script, clock) if plain else camera_of("hang@0s", clock)
    camera.open()
    check_interrupt_ends_grab(camera, clock)


def test_crash_is_reported_where_there_is_no_process_to_end() -> None:
    clock = ManualClock()
    camera = opened("crash@1s+1s", clock)
    camera.grab()
    clock.advance(1.0)
    for _ in range(2):
        with pytest.raises(CameraCrashed, match="scripted: the process of the camera died"):
            camera.grab()
    clock.advance(1.0)
    camera.grab()


def test_crash_calls_the_callback() -> None:
    class Died(Exception):
        pass

    def die() -> None:
        raise Died

    camera = synthetic_camera("synthetic:?script=crash@0s", ManualClock(), die)
    camera.open()
    with pytest.raises(Died):
        camera.grab()


def test_crash_that_fails_is_reported_all_the_same() -> None:
    calls: list[None] = []
    name = "synthetic:?script=crash@0s"
    camera = synthetic_camera(name, ManualClock(), lambda: calls.append(None))
    camera.open()
    with pytest.raises(CameraCrashed):
        camera.grab()
    assert len(calls) == 1
