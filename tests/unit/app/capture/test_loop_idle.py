"""While nobody looks, a camera is only watched."""

from collections.abc import Callable, Iterator

import pytest

from spot_webcam.app.capture.bulkhead import Admission, Bulkhead
from spot_webcam.app.capture.loop import CaptureLoop
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.domain.errors import CameraError, CorruptFrame, NoData
from spot_webcam.domain.frames.frame_store import Frame
from spot_webcam.domain.instant import LastGrab, now
from spot_webcam.domain.media.image import CaptureSettings, Layout, Picture
from spot_webcam.domain.ports import CameraMode
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.loop_stand import LIMITS, TIMEOUTS

FRAME_S = 1 / 32
IDLE_AFTER_S = TIMEOUTS.idle_after_s


class CountingCamera:
    """Delivers noise; counts what is asked of it."""

    def __init__(self, clock: ManualClock, make_picture: Callable[..., Picture]) -> None:
        self._clock = clock
        self._make_picture = make_picture
        self.grab_s = FRAME_S
        self.grabbed = 0
        self.retrieved = 0
        self.error: CameraError | None = None

    def open(self) -> CameraMode:
        return CameraMode(8, 6, Layout.BGR8, 30.0)

    def grab(self) -> int | None:
        self._clock.advance(self.grab_s)
        self.grabbed += 1
        return None

    def retrieve(self) -> Picture:
        self.retrieved += 1
        if self.error is not None:
            raise self.error
        return self._make_picture(seed=self.grabbed)

    def settings(self) -> CaptureSettings:
        return CaptureSettings()

    def close(self) -> None:
        pass


class AutonomousCamera(CountingCamera):
    """Grabs by itself while it skips, and reports a grab somewhat late."""

    delay_ns = 0

    def __init__(self, clock: ManualClock, make_picture: Callable[..., Picture]) -> None:
        super().__init__(clock, make_picture)
        self._skipping_since_ns: int | None = None
        self._skipped = 0
        self.grab_calls = 0

    def grab(self) -> int | None:
        self._skipped = 0
        if self._skipping_since_ns is not None:
            skipping_ns = self._clock.monotonic_ns() - self._skipping_since_ns
            self._skipped = int(skipping_ns / NANOSECONDS / FRAME_S)
            self.grabbed += self._skipped
            self._skipping_since_ns = None
        self.grab_calls += 1
        device_timestamp_ns = super().grab()
        self._clock.advance(self.delay_ns / NANOSECONDS)
        return device_timestamp_ns

    def retrieve(self) -> Picture:
        assert self._skipping_since_ns is None
        return super().retrieve()

    def skip(self) -> None:
        self._skipping_since_ns = self._clock.monotonic_ns()

    def last_grab(self) -> LastGrab:
        return LastGrab(self._skipped, self.delay_ns)


class Stand:
    def __init__(
        self,
        clock: ManualClock,
        make_picture: Callable[..., Picture],
        kind: type[CountingCamera] = CountingCamera,
    ) -> None:
        self.clock = clock
        self.camera = kind(clock, make_picture)
        self.source = CameraSource(ImageSource("cam", Layout.BGR8), clock)
        self.loop = CaptureLoop(self.camera, self.source, clock)
        self.loop.step()

    def run(self, seconds: float) -> None:
        end_ns = self.clock.monotonic_ns() + round(seconds * NANOSECONDS)
        while self.clock.monotonic_ns() < end_ns:
            self.clock.advance(self.loop.step())

    def hang(self, seconds: float) -> None:
        """Let the next grab wait, without an end."""
        self.source.grabbing()
        self.clock.advance(seconds)

    def get(self, meanwhile: Callable[[], None] = lambda: None) -> Frame:
        collect = self.source.request_frame().wait
        meanwhile()
        return collect(self.clock.monotonic_ns()).frame


@pytest.fixture(params=[CountingCamera, AutonomousCamera])
def stand(
    clock: ManualClock, make_picture: Callable[..., Picture], request: pytest.FixtureRequest
) -> Iterator[Stand]:
    stand = Stand(clock, make_picture, request.param)
    yield stand
    stand.loop.finish()


def test_one_picture_a_second_is_retrieved_while_nobody_looks(stand: Stand) -> None:
    stand.run(10.0)
    assert 310 <= stand.camera.grabbed <= 320
    # A camera that skips is looked at four times a second.
    assert stand.camera.retrieved == (9 if isinstance(stand.camera, AutonomousCamera) else 10)


def test_every_picture_is_retrieved_while_someone_looks(stand: Stand) -> None:
    stand.run(1.0)
    stand.get(lambda: stand.run(FRAME_S))
    before = stand.camera.retrieved
    stand.run(IDLE_AFTER_S - FRAME_S)
    assert stand.camera.retrieved - before == round(IDLE_AFTER_S / FRAME_S) - 1
    stand.run(IDLE_AFTER_S)
    # And the one by which an idle source is validated.
    assert stand.camera.retrieved - before - round(IDLE_AFTER_S / FRAME_S) in (0, 1)


def test_first_look_gets_a_picture_that_was_taken_after_it(stand: Stand) -> None:
    stand.run(1.5)
    asked_ns = stand.clock.monotonic_ns()
    assert stand.source.latest() is None
    assert stand.get(lambda: stand.run(FRAME_S)).monotonic_ns > asked_ns


def test_first_look_makes_do_with_the_last_picture_if_none_comes_in_time(stand: Stand) -> None:
    stand.run(0.5)
    assert stand.get().sequence == 1


def test_later_looks_get_the_newest_frame_at_once(stand: Stand) -> None:
    stand.run(1.5)
    frame = stand.get(lambda: stand.run(FRAME_S))
    fresh = stand.source.latest()
    assert fresh is not None
    assert fresh.frame is frame


def test_camera_that_is_only_watched_is_not_stalled(stand: Stand) -> None:
    for _ in range(100):
        stand.run(0.1)
        assert stand.source.faults() == []


def test_camera_that_falls_silent_while_it_is_only_watched_is_in_trouble(stand: Stand) -> None:
    stand.run(5.5)
    stand.hang(1.1)
    [fault] = stand.source.faults()
    assert "stalled" in fault.message


def test_damage_is_found_while_nobody_looks(stand: Stand) -> None:
    stand.run(3.0)
    stand.camera.error = CorruptFrame("damaged")
    stand.run(2.5)
    assert [fault.message for fault in stand.source.faults()] == ["damaged"]
    stand.camera.error = None
    stand.run(3.0)
    assert stand.source.faults() == []


def test_rate_is_known_though_barely_a_picture_is_retrieved(stand: Stand) -> None:
    """A median of the times between deliveries would make the camera a slow one."""
    stand.run(30.0)
    stand.hang(1.5)
    assert stand.source.faults() != []


def test_old_picture_is_refused_though_the_camera_is_alive(
    stand: Stand, clock: ManualClock
) -> None:
    stand.run(0.5)
    clock.advance(0.6)
    stand.source.skipped(None, now(clock))
    with pytest.raises(NoData, match="no picture in time"):
        stand.get()
    assert stand.source.latest() is None


def test_clients_at_the_first_look_is_served(
    stand: Stand, make_picture: Callable[..., Picture]
) -> None:
    """Not all of them can wait for the next frame; the others get the last one."""
    bulkhead = Bulkhead(2, 2, 1)
    source = CameraSource(ImageSource("cam", Layout.BGR8), stand.clock, bulkhead=bulkhead)
    loop = CaptureLoop(CountingCamera(stand.clock, make_picture), source, stand.clock)
    loop.step()
    loop.step()
    assert bulkhead.acquire("cam") is Admission.UNTIL_DEADLINE
    assert source.request_frame().wait(stand.clock.monotonic_ns()).frame.sequence == 1


def test_first_look_at_a_camera_in_trouble_does_not_wait(stand: Stand) -> None:
    stand.run(0.5)
    stand.source.failed(NoData("silent"))
    stand.clock.advance(1.2)
    with pytest.raises(NoData, match="silent"):
        stand.source.request_frame().wait(stand.clock.monotonic_ns() + 60 * NANOSECONDS)


def test_first_look_gets_the_newest_picture_at_once_if_none_was_passed_over(stand: Stand) -> None:
    """As of a camera that takes one in some seconds."""
    stand.run(FRAME_S)
    asked_ns = stand.clock.monotonic_ns()
    frame = stand.source.request_frame().wait(asked_ns + 60 * NANOSECONDS).frame
    assert frame.sequence == 1
    assert stand.clock.monotonic_ns() == asked_ns


def test_picture_from_before_the_first_look_is_not_the_one_to_give(stand: Stand) -> None:
    stand.run(0.5)
    stand.source.request_frame()
    assert stand.source.latest() is None
    stand.run(FRAME_S)
    assert stand.source.latest() is not None


@pytest.fixture
def autonomous(clock: ManualClock, make_picture: Callable[..., Picture]) -> Iterator[Stand]:
    stand = Stand(clock, make_picture, AutonomousCamera)
    yield stand
    stand.loop.finish()


def test_camera_that_skips_by_itself_is_called_four_times_a_second(autonomous: Stand) -> None:
    autonomous.run(10.0)
    assert isinstance(autonomous.camera, AutonomousCamera)
    assert autonomous.camera.grab_calls < 50


def test_request_ends_the_pause_of_a_camera_that_skips(autonomous: Stand) -> None:
    autonomous.run(1.5)
    assert autonomous.loop.step() == TIMEOUTS.skipping_step_s
    assert not autonomous.source.wake.is_set()
    autonomous.source.request_frame()
    assert autonomous.source.wake.is_set()
    assert autonomous.loop.step() == 0.0
    assert autonomous.source.latest() is not None


def test_picture_of_a_late_grab_has_the_time_when_it_was_there(autonomous: Stand) -> None:
    assert isinstance(autonomous.camera, AutonomousCamera)
    autonomous.camera.delay_ns = 5_000_000
    frame = autonomous.get(lambda: autonomous.run(FRAME_S))
    assert frame.monotonic_ns == autonomous.clock.monotonic_ns() - 5_000_000
    assert frame.captured_ns == autonomous.clock.time_ns() - 5_000_000


def test_buffered_picture_is_not_fresh_because_its_grab_was_late(
    clock: ManualClock, make_picture: Callable[..., Picture]
) -> None:
    """As that of a child process that retrieves with the grab."""
    camera = AutonomousCamera(clock, make_picture)
    source = CameraSource(ImageSource("cam", Layout.BGR8), clock, on_demand=True)
    loop = CaptureLoop(camera, source, clock)
    loop.step()
    camera.grab_s, camera.delay_ns = 0.0, 5_000_000
    source.request_frame()
    loop.step()
    assert camera.grab_calls == LIMITS.max_buffered_frames
