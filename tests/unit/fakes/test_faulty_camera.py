"""Each fault of a script, on a clock that takes no time."""

import threading

import numpy as np
import pytest

from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraCrashed,
    CameraError,
    CameraPermissionDenied,
    CorruptFrame,
    NoData,
)
from spot_webcam.domain.image import CaptureSettings, Layout, Picture
from spot_webcam.domain.jpeg import JpegPicture
from spot_webcam.domain.ports import Camera, CameraMode, Interruptible
from spot_webcam.fakes.cameras import FaultyCamera, parse_script, read_sequence, synthetic_camera
from spot_webcam.fakes.clock import ManualClock

SECOND = 1_000_000_000


class StuckClock(ManualClock):
    """A clock whose waits end by their event only."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = threading.Event()

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        self.waiting.set()
        return event.wait(timeout_s + 10.0)


class PlainCamera:
    """A camera that is always there, tells no times and cannot be interrupted."""

    def open(self) -> CameraMode:
        return CameraMode(4, 2, Layout.GREY8)

    def grab(self) -> int | None:
        return None

    def retrieve(self) -> Picture:
        return Picture(np.arange(8, dtype=np.uint8).reshape(2, 4), Layout.GREY8)

    def settings(self) -> CaptureSettings:
        return CaptureSettings(gain_db=1.0)

    def close(self) -> None:
        pass


def _camera(script: str, clock: ManualClock, options: str = "fps=10&layout=grey8") -> Camera:
    return synthetic_camera(f"synthetic:?size=64x48&{options}&script={script}", clock)


def _open(script: str, clock: ManualClock) -> Camera:
    camera = _camera(script, clock)
    camera.open()
    return camera


def _shown(camera: Camera) -> int | None:
    return read_sequence(camera.retrieve().pixels)


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
    camera = _camera(f"{event}@0+2s", clock)
    for _ in range(2):
        with pytest.raises(error):
            camera.open()
        with pytest.raises(NoData, match="not open"):
            camera.grab()
        clock.advance(0.9)
    clock.advance(0.2)
    camera.open()
    camera.grab()
    assert _shown(camera) == 0


@pytest.mark.parametrize("event", ["absent", "busy", "forbidden"])
def test_open_camera_is_left_alone(event: str) -> None:
    clock = ManualClock()
    camera = _open(f"{event}@1s", clock)
    clock.advance(2.0)
    camera.grab()
    assert _shown(camera) == 20
    camera.close()
    with pytest.raises(CameraError):
        camera.open()


def test_script_begins_at_the_first_open() -> None:
    clock = ManualClock()
    camera = _camera("fail@1s", clock)
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
    camera = _open("unplug@1s+2s", clock)
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
    assert _shown(camera) == 0


def test_settings_of_a_dead_handle_are_refused() -> None:
    clock = ManualClock()
    camera = _open("unplug@1s+1s", clock)
    assert camera.settings().gain_db is not None
    clock.advance(1.0)
    with pytest.raises(CameraAbsent, match="is unplugged"):
        camera.settings()
    clock.advance(1.0)
    with pytest.raises(NoData, match="was unplugged"):
        camera.settings()


@pytest.mark.parametrize("event", ["fail", "hang"])
def test_settings_are_told_by_a_camera_that_delivers_nothing(event: str) -> None:
    assert _open(f"{event}@0", ManualClock()).settings().gain_db is not None


def test_unplug_that_nobody_saw_kills_the_handle_too() -> None:
    clock = ManualClock()
    camera = _open("unplug@1s+1s", clock)
    clock.advance(5.0)
    with pytest.raises(NoData, match="was unplugged"):
        camera.grab()


def test_unplug_during_a_grab_ends_it() -> None:
    clock = ManualClock()
    camera = _open("unplug@0.05s+1s", clock)
    camera.grab()
    with pytest.raises(CameraAbsent):
        camera.grab()


def test_fail_gives_no_data_at_once_and_passes() -> None:
    clock = ManualClock()
    camera = _open("fail@1s+1s", clock)
    camera.grab()
    clock.advance(1.0)
    with pytest.raises(NoData, match="delivers nothing"):
        camera.grab()
    assert clock.monotonic_ns() == SECOND
    clock.advance(1.0)
    camera.grab()
    assert _shown(camera) == 20


def test_hang_blocks_until_it_ends() -> None:
    clock = ManualClock()
    camera = _open("hang@1s+2.5s", clock)
    clock.advance(1.0)
    camera.grab()
    assert clock.monotonic_ns() == 35 * SECOND // 10
    assert _shown(camera) == 35


def test_unplug_ends_a_hang() -> None:
    clock = ManualClock()
    camera = _open("hang@0,unplug@2.5s", clock)
    with pytest.raises(CameraAbsent):
        camera.grab()
    assert clock.monotonic_ns() == 25 * SECOND // 10


@pytest.mark.parametrize("plain", [False, True])
def test_interrupt_ends_a_hang_in_another_thread(plain: bool) -> None:
    clock = StuckClock()
    script = parse_script("hang@0s")
    camera = FaultyCamera(PlainCamera(), script, clock) if plain else _camera("hang@0s", clock)
    assert isinstance(camera, Interruptible)
    camera.open()
    errors: list[NoData] = []

    def grab() -> None:
        try:
            camera.grab()
        except NoData as error:
            errors.append(error)

    thread = threading.Thread(target=grab)
    thread.start()
    assert clock.waiting.wait(10.0)
    camera.interrupt()
    thread.join(10.0)
    assert not thread.is_alive()
    assert len(errors) == 1


def test_crash_is_told_where_there_is_no_process_to_end() -> None:
    clock = ManualClock()
    camera = _open("crash@1s+1s", clock)
    camera.grab()
    clock.advance(1.0)
    for _ in range(2):
        with pytest.raises(CameraCrashed, match="scripted: the process of the camera died"):
            camera.grab()
    clock.advance(1.0)
    camera.grab()


def test_crash_does_what_it_was_told() -> None:
    class Died(Exception):
        pass

    def die() -> None:
        raise Died

    camera = synthetic_camera("synthetic:?script=crash@0s", ManualClock(), die)
    camera.open()
    with pytest.raises(Died):
        camera.grab()


def test_crash_that_fails_is_told_all_the_same() -> None:
    calls: list[None] = []
    name = "synthetic:?script=crash@0s"
    camera = synthetic_camera(name, ManualClock(), lambda: calls.append(None))
    camera.open()
    with pytest.raises(CameraCrashed):
        camera.grab()
    assert len(calls) == 1


def test_frozen_camera_repeats_its_picture_and_its_time() -> None:
    clock = ManualClock()
    camera = _open("freeze@0.25s+1s", clock)
    times = [camera.grab() for _ in range(3)]
    assert _shown(camera) == 2
    frozen = [(camera.grab(), _shown(camera)) for _ in range(9)]
    assert frozen == [(times[-1], 2)] * 9
    # The pace is kept, and it goes on where it would have been.
    assert clock.monotonic_ns() == 11 * SECOND // 10
    clock.advance(0.3)
    assert camera.grab() not in times
    assert _shown(camera) == 14


def test_camera_that_freezes_before_its_first_picture_repeats_that() -> None:
    camera = _open("freeze@0s", clock := ManualClock())
    time_ns = camera.grab()
    assert _shown(camera) == 0
    assert [(camera.grab(), _shown(camera)) for _ in range(3)] == [(time_ns, 0)] * 3
    camera.close()
    clock.advance(1.0)
    camera.open()
    assert (camera.grab(), _shown(camera)) == (time_ns, 0)


def test_frozen_picture_that_was_not_retrieved_is_not_repeated() -> None:
    camera = _open("freeze@0.15s", ManualClock())
    first_ns = camera.grab()
    assert _shown(camera) == 0
    camera.grab()
    assert camera.grab() == first_ns
    assert _shown(camera) == 0


def test_frozen_jpegs_have_the_same_bytes() -> None:
    camera = _camera("freeze@0s", ManualClock(), "fps=10&codec=mjpg")
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
    camera = _camera(f"{event}@1.5s+1s", clock, options)
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
    camera = _camera("black@0+1s", clock, "fps=10&layout=rgba8")
    camera.open()
    camera.grab()
    picture = camera.retrieve()
    assert (picture.rows, picture.cols, picture.layout) == (48, 64, Layout.RGBA8)
    assert not picture.pixels.any()
    clock.advance(1.0)
    camera.grab()
    assert _shown(camera) == 10


def test_corrupt_pictures_are_refused_by_retrieve() -> None:
    clock = ManualClock()
    camera = _open("corrupt@0+0.15s", clock)
    for _ in range(2):
        camera.grab()
        with pytest.raises(CorruptFrame):
            camera.retrieve()
    camera.grab()
    assert _shown(camera) == 2


@pytest.mark.parametrize(("event", "factor"), [("slow", 10), ("slow=4", 4), ("slow=1", 1)])
def test_slow_divides_the_rate(event: str, factor: int) -> None:
    clock = ManualClock()
    camera = _open(f"{event}@0.05s", clock)
    camera.grab()
    times_ns = []
    for _ in range(3):
        camera.grab()
        times_ns.append(clock.monotonic_ns())
        assert _shown(camera) == factor * len(times_ns)
    assert times_ns == [count * factor * SECOND // 10 for count in (1, 2, 3)]


def test_slow_ends_with_its_event() -> None:
    clock = ManualClock()
    camera = _open("slow@0+0.25s", clock)
    camera.grab()
    assert _shown(camera) == 3


@pytest.mark.parametrize(("size", "layout"), [("32x96", "bgr8"), ("100x20", "grey16")])
def test_resize_changes_pictures_and_not_the_mode(size: str, layout: str) -> None:
    clock = ManualClock()
    camera = _camera(f"resize={size}@0+1s", clock, f"fps=10&layout={layout}")
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
    camera = _open("resize=32x24@0,black@0,slow=2@0", ManualClock())
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
