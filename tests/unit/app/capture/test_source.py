"""Sources that capture all the time."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.app.capture.bulkhead import Bulkhead
from spot_webcam.app.capture.intake import RawFrame
from spot_webcam.app.capture.jobs import CaptureLatest
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.settings import Timeouts
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CameraPermissionDenied,
    CorruptFrame,
    NoData,
    StaleFrame,
)
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.geometry.camera_model import CameraModel
from spot_webcam.domain.health.faults import capture_fault, decode_fault
from spot_webcam.domain.instant import Instant, now
from spot_webcam.domain.media.image import CaptureSettings, Layout, Picture
from spot_webcam.domain.ports import CameraMode
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.source_stand import (
    MODE,
    SECOND,
    AskingClock,
    Deliver,
    collect_in_thread,
    collect_now,
)

ABSENT = CameraAbsent("no /dev/video0")
CORRUPT = CorruptFrame("damaged")


def test_newest_frame_is_had_at_once(
    source: CameraSource, clock: ManualClock, deliver: Deliver, make_picture: Callable[..., Picture]
) -> None:
    deliver(source, clock)
    newest = make_picture(seed=2)
    deliver(source, clock, newest, CaptureSettings(0.01, 3.0))
    frame = collect_now(source, clock).frame
    assert frame.picture is newest
    assert frame.sequence == 2
    assert frame.settings == CaptureSettings(0.01, 3.0)


def test_time_that_the_camera_tells_is_the_frames(
    source: CameraSource, clock: ManualClock, make_picture: Callable[..., Picture]
) -> None:
    clock.advance(1.0)
    grabbed = now(clock)
    source.captured(CaptureLatest(), RawFrame(make_picture(), grabbed, grabbed.wall_ns - 50))
    frame = collect_now(source, clock).frame
    assert Instant(frame.captured_ns, frame.monotonic_ns) == Instant(
        grabbed.wall_ns - 50, grabbed.monotonic_ns - 50
    )


def test_stale_frame_is_refused(source: CameraSource, clock: ManualClock, deliver: Deliver) -> None:
    source.opened(MODE)
    deliver(source, clock)
    clock.advance(1.0)
    assert collect_now(source, clock).frame.sequence == 1
    clock.advance(0.001)
    with pytest.raises(StaleFrame, match=r"no new picture for 1\.0 s"):
        collect_now(source, clock)


def test_frame_of_a_slow_camera_may_be_older(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    source.opened(CameraMode(8, 6, Layout.BGR8, 0.5))
    deliver(source, clock)
    clock.advance(10.0)
    assert collect_now(source, clock).frame.sequence == 1
    clock.advance(0.001)
    with pytest.raises(StaleFrame):
        collect_now(source, clock)


def test_what_a_camera_tells_of_its_lens_and_its_depth_is_listed(source: CameraSource) -> None:
    model = CameraModel(300, 300, 4, 3, cols=8, rows=6)
    mode = CameraMode(8, 6, Layout.DEPTH16, camera_model=model, depth_units_per_metre=4000.0)
    source.opened(mode)
    assert (source.description.camera_model, source.description.depth_scale) == (model, 4000.0)
    source.opened(CameraMode(8, 6, Layout.DEPTH16))
    assert (source.description.camera_model, source.description.depth_scale) == (None, 1000.0)


@given(st.floats(0.0, 40.0), st.floats(0.05, 120.0))
def test_frame_is_served_exactly_while_it_is_young_enough(
    deliver: Deliver, age_s: float, fps: float
) -> None:
    clock = ManualClock()
    source = CameraSource(ImageSource("cam", Layout.BGR8), clock)
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
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    clock.step(3600.0)
    assert collect_now(source, clock).frame.sequence == 1


def test_young_frame_is_served_while_the_camera_fails(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    source.failed(CORRUPT)
    assert collect_now(source, clock).frame.sequence == 1
    assert source.faults() == []


@pytest.mark.parametrize(
    "error", [ABSENT, CameraBusy("busy"), CameraPermissionDenied("no"), CORRUPT, NoData("silent")]
)
def test_error_of_the_camera_is_reported_once_the_frame_is_old(
    source: CameraSource, clock: ManualClock, deliver: Deliver, error: CameraError
) -> None:
    deliver(source, clock)
    source.failed(error)
    clock.advance(1.1)
    with pytest.raises(type(error), match=str(error)):
        collect_now(source, clock)


def test_error_at_the_start_is_reported_at_once(source: CameraSource, clock: ManualClock) -> None:
    source.failed(ABSENT)
    with pytest.raises(CameraAbsent):
        source.request_frame().wait(clock.monotonic_ns() + 60 * SECOND)


def test_camera_that_starts_is_no_fault_yet(source: CameraSource, clock: ManualClock) -> None:
    clock.advance(Timeouts().first_frame_grace_s - 0.001)
    with pytest.raises(NoData, match="starting"):
        collect_now(source, clock)
    assert source.faults() == []


def test_camera_that_stays_silent_is_a_fault(source: CameraSource, clock: ManualClock) -> None:
    clock.advance(Timeouts().first_frame_grace_s)
    with pytest.raises(NoData, match="silent"):
        source.request_frame().wait(clock.monotonic_ns() + 60 * SECOND)
    (fault,) = source.faults()
    assert fault == capture_fault("cam", "no picture since the start; the camera is silent")


def test_request_during_the_start_waits_for_the_first_picture(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    result = collect_in_thread(source, 60 * SECOND)
    deliver(source, clock)
    stored = result()
    assert isinstance(stored, StoredFrame)
    assert stored.frame.sequence == 1


def test_request_during_the_start_ends_with_the_error(source: CameraSource) -> None:
    result = collect_in_thread(source, 60 * SECOND)
    source.failed(ABSENT)
    assert isinstance(result(), CameraAbsent)


def test_camera_that_took_long_to_open_gets_its_time_for_the_first_picture(
    clock: ManualClock,
) -> None:
    source = CameraSource(ImageSource("cam", Layout.BGR8), clock)
    source.opening()
    clock.advance(Timeouts().first_frame_grace_s + 1.0)
    source.opened(MODE)
    assert source.faults() == []
    clock.advance(Timeouts().first_frame_grace_s)
    assert source.faults() != []


def test_faults_of_one_outage_stand_until_it_is_over(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    clock.advance(2.0)
    names = [capture_fault("cam", "").name, decode_fault("cam", "").name]
    for error, standing in ((ABSENT, names[:1]), (CORRUPT, names), (ABSENT, names)):
        source.failed(error)
        assert [fault.name for fault in source.faults()] == standing
        clock.advance(0.1)
    deliver(source, clock)
    assert source.faults() == []


def test_pictures_after_an_outage_end_the_trouble(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    source.failed(ABSENT)
    clock.advance(5.0)
    assert source.faults() == [capture_fault("cam", str(ABSENT))]
    deliver(source, clock)
    assert source.faults() == []
    assert collect_now(source, clock).frame.sequence == 2


def test_requests_beyond_the_bound_do_not_wait() -> None:
    clock = AskingClock()
    source = CameraSource(
        ImageSource("cam", Layout.BGR8), clock, on_demand=True, bulkhead=Bulkhead(9, 9, 1)
    )
    refused: list[str] = []

    def second() -> None:
        clock.advance(0.6)  # a camera in order would have answered the first one
        with pytest.raises(NoData) as caught:
            source.request_frame().wait(super(AskingClock, clock).monotonic_ns())
        refused.append(str(caught.value))

    collect = source.request_frame().wait
    clock.reads, clock.meanwhile = 2, second  # the first one is then among the waiting
    with pytest.raises(NoData, match="took no picture in time"):
        collect(0)
    assert refused == ["too many requests wait for this camera already"]


def test_place_of_who_waited_is_free_again(clock: ManualClock) -> None:
    source = CameraSource(
        ImageSource("cam", Layout.BGR8), clock, on_demand=True, bulkhead=Bulkhead(9, 9, 1)
    )
    for _ in range(3):
        with pytest.raises(NoData, match="took no picture in time"):
            collect_now(source, clock)


def test_error_does_not_grow_with_the_number_of_clients(
    source: CameraSource, clock: ManualClock
) -> None:
    source.failed(ABSENT)
    depths = []
    for _ in range(3):
        with pytest.raises(CameraAbsent) as caught:
            collect_now(source, clock)
        depths.append(len(caught.traceback))
    assert depths[0] == depths[1] == depths[2]
