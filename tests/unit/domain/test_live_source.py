import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.capture_time import Instant, now
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CameraPermissionDenied,
    CorruptFrame,
    EncodingError,
    NoData,
    StaleFrame,
)
from spot_webcam.domain.faults import capture_fault, decode_fault
from spot_webcam.domain.frame_store import StoredFrame
from spot_webcam.domain.image import CaptureSettings, Layout, Picture
from spot_webcam.domain.live_source import LiveSource
from spot_webcam.domain.ports import CameraMode
from spot_webcam.domain.source import ImageSource
from spot_webcam.domain.source_health import ENCODING_TROUBLE_S, START_GRACE_S
from spot_webcam.fakes.clock import ManualClock

SECOND = 1_000_000_000
PATIENCE_S = 20.0
MODE = CameraMode(8, 6, Layout.BGR8, 30.0)
ABSENT = CameraAbsent("no /dev/video0")
CORRUPT = CorruptFrame("damaged")

Deliver = Callable[..., None]


class AskingClock(ManualClock):
    """Runs `meanwhile` once, when the clock is next read for the `reads`-th time."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.meanwhile: Callable[[], None] = lambda: None

    def monotonic_ns(self) -> int:
        self.reads -= 1
        if self.reads == 0:
            self.meanwhile()
        return super().monotonic_ns()


@pytest.fixture
def source(clock: ManualClock) -> LiveSource:
    return LiveSource(ImageSource("cam", Layout.BGR8), clock)


@pytest.fixture
def on_demand(clock: ManualClock) -> LiveSource:
    return LiveSource(ImageSource("cam", Layout.BGR8), clock, on_demand=True)


def collect_now(source: LiveSource, clock: ManualClock) -> StoredFrame:
    return source.ask()(clock.monotonic_ns())


def collect_in_thread(source: LiveSource, deadline_ns: int) -> Callable[[], object]:
    """Ask now, collect in a thread; what is returned gives the frame, or the error."""
    collect = source.ask()
    got: list[object] = []

    def run() -> None:
        try:
            got.append(collect(deadline_ns))
        except CameraError as error:
            got.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def result() -> object:
        thread.join(PATIENCE_S)
        return got[0]

    return result


# Sources that capture all the time.


def test_newest_frame_is_had_at_once(
    source: LiveSource, clock: ManualClock, deliver: Deliver, make_picture: Callable[..., Picture]
) -> None:
    deliver(source, clock)
    newest = make_picture(seed=2)
    deliver(source, clock, newest, CaptureSettings(0.01, 3.0))
    frame = collect_now(source, clock).frame
    assert frame.picture is newest
    assert frame.sequence == 2
    assert frame.settings == CaptureSettings(0.01, 3.0)


def test_time_that_the_camera_tells_is_the_frames(
    source: LiveSource, clock: ManualClock, make_picture: Callable[..., Picture]
) -> None:
    clock.advance(1.0)
    grabbed = now(clock)
    source.deliver(make_picture(), grabbed.wall_ns - 50, grabbed, CaptureSettings())
    frame = collect_now(source, clock).frame
    assert Instant(frame.captured_ns, frame.monotonic_ns) == Instant(
        grabbed.wall_ns - 50, grabbed.monotonic_ns - 50
    )


def test_stale_frame_is_refused(source: LiveSource, clock: ManualClock, deliver: Deliver) -> None:
    source.opened(MODE)
    deliver(source, clock)
    clock.advance(1.0)
    assert collect_now(source, clock).frame.sequence == 1
    clock.advance(0.001)
    with pytest.raises(StaleFrame, match=r"no new picture for 1\.0 s"):
        collect_now(source, clock)


def test_frame_of_a_slow_camera_may_be_older(
    source: LiveSource, clock: ManualClock, deliver: Deliver
) -> None:
    source.opened(CameraMode(8, 6, Layout.BGR8, 0.5))
    deliver(source, clock)
    clock.advance(10.0)
    assert collect_now(source, clock).frame.sequence == 1
    clock.advance(0.001)
    with pytest.raises(StaleFrame):
        collect_now(source, clock)


@given(st.floats(0.0, 40.0), st.floats(0.05, 120.0))
def test_frame_is_served_exactly_while_it_is_young_enough(
    deliver: Deliver, age_s: float, fps: float
) -> None:
    clock = ManualClock()
    source = LiveSource(ImageSource("cam", Layout.BGR8), clock)
    source.opened(CameraMode(8, 6, Layout.BGR8, fps))
    deliver(source, clock)
    clock.advance(age_s)
    limit_ns = min(30 * SECOND, max(SECOND, 5 * round(SECOND / fps)))
    if clock.monotonic_ns() <= limit_ns:
        assert collect_now(source, clock).frame.sequence == 1
        assert source.faults() == []
    else:
        with pytest.raises(StaleFrame):
            collect_now(source, clock)
        assert [fault.name for fault in source.faults()] == [capture_fault("cam", "").name]


def test_wall_clock_that_is_stepped_makes_no_frame_stale(
    source: LiveSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    clock.step(3600.0)
    assert collect_now(source, clock).frame.sequence == 1


def test_young_frame_is_served_while_the_camera_fails(
    source: LiveSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    source.fail(CORRUPT)
    assert collect_now(source, clock).frame.sequence == 1
    assert source.faults() == []


@pytest.mark.parametrize(
    "error", [ABSENT, CameraBusy("busy"), CameraPermissionDenied("no"), CORRUPT, NoData("silent")]
)
def test_error_of_the_camera_is_told_once_the_frame_is_old(
    source: LiveSource, clock: ManualClock, deliver: Deliver, error: CameraError
) -> None:
    deliver(source, clock)
    source.fail(error)
    clock.advance(1.1)
    with pytest.raises(type(error), match=str(error)):
        collect_now(source, clock)


def test_error_at_the_start_is_told_at_once(source: LiveSource, clock: ManualClock) -> None:
    source.fail(ABSENT)
    with pytest.raises(CameraAbsent):
        source.ask()(clock.monotonic_ns() + 60 * SECOND)


def test_camera_that_starts_is_no_fault_yet(source: LiveSource, clock: ManualClock) -> None:
    clock.advance(START_GRACE_S - 0.001)
    with pytest.raises(NoData, match="starting"):
        collect_now(source, clock)
    assert source.faults() == []


def test_camera_that_stays_silent_is_a_fault(source: LiveSource, clock: ManualClock) -> None:
    clock.advance(START_GRACE_S)
    with pytest.raises(NoData, match="silent"):
        source.ask()(clock.monotonic_ns() + 60 * SECOND)
    (fault,) = source.faults()
    assert fault == capture_fault("cam", "no picture since the start; the camera is silent")


def test_request_during_the_start_waits_for_the_first_picture(
    source: LiveSource, clock: ManualClock, deliver: Deliver
) -> None:
    result = collect_in_thread(source, 60 * SECOND)
    deliver(source, clock)
    stored = result()
    assert isinstance(stored, StoredFrame)
    assert stored.frame.sequence == 1


def test_request_during_the_start_ends_with_the_error(source: LiveSource) -> None:
    result = collect_in_thread(source, 60 * SECOND)
    source.fail(ABSENT)
    assert isinstance(result(), CameraAbsent)


def test_camera_that_took_long_to_open_gets_its_time_for_the_first_picture(
    clock: ManualClock,
) -> None:
    source = LiveSource(ImageSource("cam", Layout.BGR8), clock)
    source.opening()
    clock.advance(START_GRACE_S + 1.0)
    source.opened(MODE)
    assert source.faults() == []
    clock.advance(START_GRACE_S)
    assert source.faults() != []


def test_faults_of_one_spell_stand_until_it_is_over(
    source: LiveSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    clock.advance(2.0)
    names = [capture_fault("cam", "").name, decode_fault("cam", "").name]
    for error, standing in ((ABSENT, names[:1]), (CORRUPT, names), (ABSENT, names)):
        source.fail(error)
        assert [fault.name for fault in source.faults()] == standing
    deliver(source, clock)
    assert source.faults() == []


def test_pictures_after_an_outage_end_the_trouble(
    source: LiveSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    source.fail(ABSENT)
    clock.advance(5.0)
    assert source.faults() == [capture_fault("cam", str(ABSENT))]
    deliver(source, clock)
    assert source.faults() == []
    assert collect_now(source, clock).frame.sequence == 2


def test_requests_beyond_the_bound_do_not_wait() -> None:
    clock = AskingClock()
    source = LiveSource(ImageSource("cam", Layout.BGR8), clock, on_demand=True, most_waiters=1)
    refused: list[str] = []

    def second() -> None:
        clock.advance(0.6)  # a camera in order would have answered the first one
        with pytest.raises(NoData) as caught:
            source.ask()(super(AskingClock, clock).monotonic_ns())
        refused.append(str(caught.value))

    collect = source.ask()
    clock.reads, clock.meanwhile = 2, second  # the first one is then among the waiting
    with pytest.raises(NoData, match="took no picture in time"):
        collect(0)
    assert refused == ["too many requests wait for this camera already"]


def test_place_of_who_waited_is_free_again(clock: ManualClock) -> None:
    source = LiveSource(ImageSource("cam", Layout.BGR8), clock, on_demand=True, most_waiters=1)
    for _ in range(3):
        with pytest.raises(NoData, match="took no picture in time"):
            collect_now(source, clock)


def test_error_does_not_grow_with_the_number_of_clients(
    source: LiveSource, clock: ManualClock
) -> None:
    source.fail(ABSENT)
    depths = []
    for _ in range(3):
        with pytest.raises(CameraAbsent) as caught:
            collect_now(source, clock)
        depths.append(len(caught.traceback))
    assert depths[0] == depths[1] == depths[2]


# The description.


def test_description_follows_the_mode_and_then_the_frames(
    source: LiveSource, clock: ManualClock, deliver: Deliver, make_picture: Callable[..., Picture]
) -> None:
    assert source.description == ImageSource("cam", Layout.BGR8)
    source.opened(CameraMode(1280, 720, Layout.BGR8))
    assert source.description == ImageSource("cam", Layout.BGR8, 1280, 720)
    deliver(source, clock, make_picture(Layout.GREY8, 64, 48))
    assert source.description == ImageSource("cam", Layout.GREY8, 64, 48)


def test_description_that_fits_is_kept(
    source: LiveSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    before = source.description
    deliver(source, clock)
    assert source.description is before


def test_description_of_a_picture_is_its_own(
    source: LiveSource, make_picture: Callable[..., Picture]
) -> None:
    source.opened(MODE)
    described = source.described_as(make_picture(Layout.DEPTH16, 5, 4))
    assert described == ImageSource("cam", Layout.DEPTH16, 5, 4)


# Faults.


def test_good_source_has_no_faults(
    source: LiveSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    assert source.faults() == []


def test_damaged_pictures_are_a_decoding_fault(source: LiveSource) -> None:
    source.fail(CORRUPT)
    assert source.faults() == [decode_fault("cam", "damaged")]


def test_encoding_that_fails_is_a_decoding_fault_for_a_while(
    source: LiveSource, clock: ManualClock, deliver: Deliver
) -> None:
    clock.advance(60.0)
    source.encoding_failed(EncodingError("no JPEG"))
    clock.advance(ENCODING_TROUBLE_S - 0.001)
    deliver(source, clock)
    assert source.faults() == [decode_fault("cam", "no JPEG")]
    clock.advance(0.001)
    assert source.faults() == []


def test_encoding_that_works_ends_the_fault(
    source: LiveSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    source.encoding_failed(EncodingError("no JPEG"))
    source.encoding_worked()
    assert source.faults() == []
    source.encoding_worked()
    assert source.faults() == []


def test_capture_and_decoding_faults_stand_side_by_side(source: LiveSource) -> None:
    source.fail(ABSENT)
    source.encoding_failed(EncodingError("no JPEG"))
    assert source.faults() == [capture_fault("cam", str(ABSENT)), decode_fault("cam", "no JPEG")]


def test_decoding_fault_stands_once_whatever_its_reasons(source: LiveSource) -> None:
    source.fail(CORRUPT)
    source.encoding_failed(EncodingError("no JPEG"))
    assert source.faults() == [decode_fault("cam", "damaged")]


# Sources that capture for a request.


def test_request_demands_a_picture(on_demand: LiveSource) -> None:
    assert not on_demand.demand.is_set()
    on_demand.ask()
    assert on_demand.demand.is_set()


def test_request_of_a_steady_source_demands_nothing(source: LiveSource) -> None:
    source.ask()
    assert not source.demand.is_set()


def test_picture_taken_before_the_request_does_not_serve_it(
    on_demand: LiveSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(on_demand, clock)
    with pytest.raises(NoData, match="took no picture in time"):
        collect_now(on_demand, clock)


def test_picture_taken_after_the_request_serves_it(
    on_demand: LiveSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(on_demand, clock)
    collect = on_demand.ask()
    deliver(on_demand, clock)
    assert collect(clock.monotonic_ns()).frame.sequence == 2


def test_request_waits_for_its_picture(
    on_demand: LiveSource, clock: ManualClock, deliver: Deliver
) -> None:
    result = collect_in_thread(on_demand, 60 * SECOND)
    deliver(on_demand, clock)
    stored = result()
    assert isinstance(stored, StoredFrame)
    assert stored.frame.sequence == 1


@pytest.mark.parametrize("error", [ABSENT, CORRUPT])
def test_request_ends_when_the_camera_fails_it(on_demand: LiveSource, error: CameraError) -> None:
    result = collect_in_thread(on_demand, 60 * SECOND)
    on_demand.fail(error)
    assert type(result()) is type(error)


def test_closed_camera_is_not_waited_for(on_demand: LiveSource, clock: ManualClock) -> None:
    on_demand.fail(ABSENT)
    with pytest.raises(CameraAbsent):
        on_demand.ask()(clock.monotonic_ns() + 60 * SECOND)


def test_damaged_picture_does_not_refuse_the_next_request(
    on_demand: LiveSource, clock: ManualClock, deliver: Deliver
) -> None:
    on_demand.fail(CORRUPT)
    collect = on_demand.ask()
    deliver(on_demand, clock)
    assert collect(clock.monotonic_ns()).frame.sequence == 1
    assert on_demand.faults() == []


def test_camera_that_opens_again_is_good_after_its_first_picture(
    on_demand: LiveSource, clock: ManualClock, deliver: Deliver
) -> None:
    on_demand.fail(ABSENT)
    on_demand.opened(MODE)
    assert len(on_demand.faults()) == 1
    with pytest.raises(NoData, match="opened again"):
        collect_now(on_demand, clock)
    deliver(on_demand, clock)
    assert on_demand.faults() == []


def test_steady_source_that_opens_is_not_good_before_its_picture(source: LiveSource) -> None:
    source.fail(ABSENT)
    source.opened(MODE)
    (fault,) = source.faults()
    assert fault == capture_fault("cam", "the camera was opened again, and gave no picture yet")


def test_source_that_nobody_asks_is_in_no_trouble(
    on_demand: LiveSource, clock: ManualClock, deliver: Deliver
) -> None:
    clock.advance(3600.0)
    assert on_demand.faults() == []
    deliver(on_demand, clock)
    clock.advance(3600.0)
    assert on_demand.faults() == []


def test_failure_on_demand_is_a_fault(on_demand: LiveSource) -> None:
    on_demand.fail(ABSENT)
    assert on_demand.faults() == [capture_fault("cam", str(ABSENT))]


def test_camera_that_hangs_on_demand_is_a_fault(on_demand: LiveSource, clock: ManualClock) -> None:
    on_demand.opened(MODE)
    collect = on_demand.ask()
    clock.advance(60.0)
    with suppress(NoData):
        collect(clock.monotonic_ns())
    assert [fault.name for fault in on_demand.faults()] == [capture_fault("cam", "").name]


def test_client_with_no_time_to_wait_makes_no_fault(
    on_demand: LiveSource, clock: ManualClock
) -> None:
    on_demand.opened(MODE)
    with pytest.raises(NoData):
        on_demand.ask()(clock.monotonic_ns())
    assert on_demand.faults() == []
