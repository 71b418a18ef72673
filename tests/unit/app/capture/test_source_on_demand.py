"""Sources that capture for a request."""

from contextlib import suppress

import pytest

from spot_webcam.app.capture.cancellation import CancellationToken
from spot_webcam.app.capture.jobs import CaptureLatest, Idle
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraError,
    CorruptFrame,
    NoData,
)
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.health.faults import capture_fault
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.source_stand import (
    MODE,
    SECOND,
    Deliver,
    collect_in_thread,
    collect_now,
)

ABSENT = CameraAbsent("no /dev/video0")
CORRUPT = CorruptFrame("damaged")


def test_request_demands_a_picture(on_demand: CameraSource) -> None:
    assert not on_demand.wake.is_set()
    on_demand.request_frame()
    assert on_demand.wake.is_set()


def test_request_that_waits_for_a_frame_ends_the_pause_of_an_idle_source(
    source: CameraSource,
) -> None:
    source.request_frame()
    assert source.wake.is_set()


def test_picture_taken_before_the_request_does_not_serve_it(
    on_demand: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(on_demand, clock)
    with pytest.raises(NoData, match="took no picture in time"):
        collect_now(on_demand, clock)


def test_picture_taken_after_the_request_serves_it(
    on_demand: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(on_demand, clock)
    collect = on_demand.request_frame().wait
    deliver(on_demand, clock)
    assert collect(clock.monotonic_ns()).frame.sequence == 2


def test_request_waits_for_its_picture(
    on_demand: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    result = collect_in_thread(on_demand, 60 * SECOND)
    deliver(on_demand, clock)
    stored = result()
    assert isinstance(stored, StoredFrame)
    assert stored.frame.sequence == 1


@pytest.mark.parametrize("error", [ABSENT, CORRUPT])
def test_request_ends_when_the_camera_fails_it(on_demand: CameraSource, error: CameraError) -> None:
    result = collect_in_thread(on_demand, 60 * SECOND)
    on_demand.failed(error)
    assert type(result()) is type(error)


def test_closed_camera_is_not_waited_for(on_demand: CameraSource, clock: ManualClock) -> None:
    on_demand.failed(ABSENT)
    with pytest.raises(CameraAbsent):
        on_demand.request_frame().wait(clock.monotonic_ns() + 60 * SECOND)


def test_damaged_picture_does_not_refuse_the_next_request(
    on_demand: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    on_demand.failed(CORRUPT)
    collect = on_demand.request_frame().wait
    deliver(on_demand, clock)
    assert collect(clock.monotonic_ns()).frame.sequence == 1
    assert on_demand.faults() == []


def test_camera_that_opens_again_is_good_after_its_first_picture(
    on_demand: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    on_demand.failed(ABSENT)
    on_demand.opened(MODE)
    assert len(on_demand.faults()) == 1
    with pytest.raises(NoData, match="opened again"):
        collect_now(on_demand, clock)
    deliver(on_demand, clock)
    assert on_demand.faults() == []


def test_steady_source_that_opens_is_not_good_before_its_picture(source: CameraSource) -> None:
    source.failed(ABSENT)
    source.opened(MODE)
    (fault,) = source.faults()
    assert fault == capture_fault("cam", "the camera was opened again, no picture yet")


def test_source_that_nobody_asks_is_in_no_trouble(
    on_demand: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    clock.advance(3600.0)
    assert on_demand.faults() == []
    deliver(on_demand, clock)
    clock.advance(3600.0)
    assert on_demand.faults() == []


def test_failure_on_demand_is_a_fault(on_demand: CameraSource) -> None:
    on_demand.failed(ABSENT)
    assert on_demand.faults() == [capture_fault("cam", str(ABSENT))]


def test_camera_that_hangs_on_demand_is_a_fault(
    on_demand: CameraSource, clock: ManualClock
) -> None:
    on_demand.opened(MODE)
    collect = on_demand.request_frame().wait
    clock.advance(60.0)
    with suppress(NoData):
        collect(clock.monotonic_ns())
    assert [fault.name for fault in on_demand.faults()] == [capture_fault("cam", "").name]


def test_camera_that_hangs_in_the_next_job_is_a_fault(
    on_demand: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    on_demand.opened(MODE)
    on_demand.request_frame()
    on_demand.next_job()
    on_demand.request_frame()
    deliver(on_demand, clock)
    on_demand.next_job()
    clock.advance(60.0)
    assert [fault.name for fault in on_demand.faults()] == [capture_fault("cam", "").name]


def test_request_that_was_withdrawn_before_its_job_blocks_nothing(
    on_demand: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    on_demand.opened(MODE)
    token = CancellationToken()
    on_demand.request_frame_with({"gain": 1}, token)
    token.cancel()
    assert isinstance(on_demand.next_job(), Idle)
    clock.advance(60.0)
    assert on_demand.faults() == []
    pending = on_demand.request_frame()
    assert isinstance(on_demand.next_job(), CaptureLatest)
    deliver(on_demand, clock)
    assert pending.wait(clock.monotonic_ns()).is_valid


def test_client_with_no_time_to_wait_makes_no_fault(
    on_demand: CameraSource, clock: ManualClock
) -> None:
    on_demand.opened(MODE)
    with pytest.raises(NoData):
        on_demand.request_frame().wait(clock.monotonic_ns())
    assert on_demand.faults() == []
