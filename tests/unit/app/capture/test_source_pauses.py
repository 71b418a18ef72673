"""A process that pauses does not blame its cameras for it."""

from contextlib import suppress

import pytest

from spot_webcam.app.capture.bulkhead import Bulkhead
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.settings import Timeouts
from spot_webcam.domain.errors import CameraAbsent, CameraError, CorruptFrame, NoData
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.health.faults import capture_fault
from spot_webcam.domain.health.pauses import PauseDetector
from spot_webcam.domain.health.staleness import MIN_LIMIT_S
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.source_stand import MODE, SECOND, Deliver, collect_in_thread

STEP_S = 0.1
PAUSE_S = 1.5
FAULT = capture_fault("cam", "").name


class Process:
    """A process with one source, whose pauses another thread's steps show."""

    def __init__(self, clock: ManualClock, *, on_demand: bool = False) -> None:
        self.clock = clock
        self._pauses = PauseDetector()
        self.source = CameraSource(
            ImageSource("cam", Layout.BGR8),
            clock,
            on_demand=on_demand,
            pauses=self._pauses,
            bulkhead=Bulkhead(3, 3, 1),
        )
        self.source.opened(MODE)
        self.step()

    def step(self) -> None:
        now_ns = self.clock.monotonic_ns()
        self._pauses.begin_step(now_ns)
        self._pauses.end_step(now_ns + int(STEP_S * NANOSECONDS))

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.clock.advance(STEP_S)
            self.step()

    def faults(self) -> list[str]:
        return [fault.name for fault in self.source.faults()]


@pytest.fixture
def process(clock: ManualClock, deliver: Deliver) -> Process:
    process = Process(clock)
    deliver(process.source, clock)
    return process


@pytest.mark.parametrize("is_first", [True, False])
def test_camera_is_not_stalled_because_the_process_was_stopped(
    process: Process, is_first: bool
) -> None:
    process.clock.advance(PAUSE_S)
    if not is_first:
        process.step()
    assert process.faults() == []


def test_camera_that_delivers_nothing_after_a_pause_is_stalled_after_its_limit(
    process: Process,
) -> None:
    process.clock.advance(PAUSE_S)
    process.step()
    process.run(MIN_LIMIT_S)
    assert process.faults() == []
    process.run(STEP_S)
    assert process.faults() == [FAULT]


def test_camera_that_is_silent_while_the_process_runs_is_stalled_as_ever(process: Process) -> None:
    process.run(MIN_LIMIT_S)
    assert process.faults() == []
    process.run(STEP_S)
    assert process.faults() == [FAULT]


def test_first_picture_of_a_camera_is_waited_for_again_after_a_pause(clock: ManualClock) -> None:
    process = Process(clock)
    clock.advance(60.0)
    process.step()
    assert process.faults() == []
    process.run(Timeouts().first_frame_grace_s)
    assert process.faults() == [FAULT]


def test_request_after_a_pause_waits_for_the_next_picture(
    process: Process, deliver: Deliver
) -> None:
    process.clock.advance(PAUSE_S)
    assert process.source.latest() is None
    results = [collect_in_thread(process.source, 60 * SECOND) for _ in range(2)]
    deliver(process.source, process.clock)
    for result in results:  # though one alone would wait for a camera that is slow
        stored = result()
        assert isinstance(stored, StoredFrame)
        assert stored.frame.sequence == 2


def test_request_with_no_time_to_wait_gets_the_cause(process: Process) -> None:
    process.clock.advance(PAUSE_S)
    with pytest.raises(NoData, match="this computer was too busy"):
        process.source.request_frame().wait(process.clock.monotonic_ns())


def test_request_gets_the_error_of_a_stalled_camera_if_that_is_why(process: Process) -> None:
    process.clock.advance(PAUSE_S)
    process.step()
    process.run(MIN_LIMIT_S + STEP_S)
    with pytest.raises(Exception, match="the camera is stalled"):
        process.source.request_frame().wait(process.clock.monotonic_ns())


@pytest.mark.parametrize("error", [CameraAbsent("gone"), CorruptFrame("damaged"), None])
def test_pauses_do_not_clear_the_fault_of_a_camera_that_had_failed_before(
    process: Process, deliver: Deliver, error: CameraError | None
) -> None:
    """As on a computer with too much to do, which pauses again and again."""
    process.run(STEP_S)
    deliver(process.source, process.clock)
    if error is not None:
        process.source.failed(error)
    process.run(MIN_LIMIT_S + STEP_S)
    faults = process.faults()
    assert len(faults) == 1
    for _ in range(3):
        process.clock.advance(PAUSE_S)
        assert process.faults() == faults
        process.step()
        process.run(2 * STEP_S)
        assert process.faults() == faults
    age_s = process.source.snapshot().age_s
    assert age_s is not None
    assert age_s > MIN_LIMIT_S + 3 * PAUSE_S


def test_camera_on_demand_does_not_hang_because_the_process_was_stopped(
    clock: ManualClock,
) -> None:
    process = Process(clock, on_demand=True)
    pending = process.source.request_frame()
    process.source.next_job()
    clock.advance(60.0)
    with suppress(NoData):
        pending.wait(clock.monotonic_ns())
    process.step()
    assert process.faults() == []
    process.run(Timeouts().first_frame_grace_s + STEP_S)
    assert process.faults() == [FAULT]
