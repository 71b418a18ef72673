"""Frames of a source: capture times, publishing, and validation by requests."""

import threading
from collections.abc import Callable

import pytest

from spot_webcam.app.capture.frame_buffer import FrameBuffer
from spot_webcam.app.capture.health import CameraHealth
from spot_webcam.app.capture.intake import FrameIntake, RawFrame
from spot_webcam.app.capture.jobs import CaptureLatest
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.settings import Timeouts
from spot_webcam.domain.errors import CameraAbsent, CorruptFrame, EncodingTimeout
from spot_webcam.domain.frames.frame_store import Frame
from spot_webcam.domain.health.faults import capture_fault, decode_fault
from spot_webcam.domain.instant import now
from spot_webcam.domain.media.image import THUMBNAIL_SHRINK, JpegPicture, Layout, Picture
from spot_webcam.domain.ports import CameraMode
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.timing import PATIENCE_S
from tests.unit.app.capture.source_stand import Deliver, capture, collect_now


def test_capture_time_never_runs_backwards(
    source: CameraSource, clock: ManualClock, make_picture: Callable[..., Picture]
) -> None:
    """As of a driver that reports a timestamp for some frames only."""
    times_ns = []
    for seed, latency_ns in enumerate((None, 50_000_000, 10_000_000)):
        clock.advance(0.03)
        grabbed = now(clock)
        timestamp_ns = None if latency_ns is None else grabbed.wall_ns - latency_ns
        source.captured(CaptureLatest(), RawFrame(make_picture(seed=seed), grabbed, timestamp_ns))
        times_ns.append(collect_now(source, clock).frame.monotonic_ns)
    assert times_ns == [30_000_000, 60_000_000, 80_000_000]


def test_frame_is_published_until_a_newer_one_is(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    assert source.published is None
    deliver(source, clock)
    first = collect_now(source, clock)
    deliver(source, clock)
    second = collect_now(source, clock)
    for stored in (second, first):
        source.publish(stored)
        assert source.published is second


def test_on_demand_no_frame_is_had_without_waiting(
    on_demand: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(on_demand, clock)
    assert on_demand.latest() is None


def test_latest_frame_is_not_stale(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    assert source.latest() is None
    deliver(source, clock)
    stored = source.latest()
    assert stored is not None
    assert not source.is_stale(stored)
    clock.advance(1.001)
    assert source.is_stale(stored)
    assert source.latest() is None


class Validator:
    """Refuses JPEGs, after `go`; the first picture is valid."""

    def __init__(self) -> None:
        self.count = 0
        self.entered, self.go = threading.Event(), threading.Event()
        self.go.set()

    def __call__(self, _picture: Picture | JpegPicture, _shrink: int) -> None:
        self.count += 1
        if self.count > 1:
            self.entered.set()
            assert self.go.wait(PATIENCE_S)
            raise CorruptFrame("damaged")


def stand(clock: ManualClock, **timeouts: float) -> tuple[CameraSource, Validator]:
    """Return a source with one valid frame and a newer damaged one, not validated yet."""
    validator = Validator()
    source = CameraSource(
        ImageSource("cam", Layout.BGR8), clock, validator=validator, timeouts=Timeouts(**timeouts)
    )
    for data in (b"first", b"second"):
        clock.advance(0.03)
        capture(source, clock, JpegPicture(data, 640, 480, 3, 85, True))
    return source, validator


def test_frame_that_is_no_longer_the_newest_is_validated_without_consequences(
    clock: ManualClock,
) -> None:
    source, _ = stand(clock)
    damaged = source.latest()
    assert damaged is not None
    capture(source, clock, JpegPicture(b"third", 640, 480, 3, 85, True))
    assert not source.validate(damaged, THUMBNAIL_SHRINK)
    assert source.failures == {}


def test_damaged_frame_is_replaced_by_the_last_valid_one(clock: ManualClock) -> None:
    source, validator = stand(clock)
    damaged = source.latest()
    assert damaged is not None
    assert not source.validate(damaged, THUMBNAIL_SHRINK)
    valid = source.latest()
    assert valid is not None
    assert source.validate(valid, THUMBNAIL_SHRINK)
    assert validator.count == 2


def test_damaged_frame_without_a_valid_one_before_leaves_none(
    clock: ManualClock, make_frame: Callable[..., Frame]
) -> None:
    buffer, validator = FrameBuffer(), Validator()
    health = CameraHealth("cam", clock, buffer.lock, Timeouts())
    intake = FrameIntake(ImageSource("cam", Layout.BGR8), buffer, health, validator, 0.0)
    validator.count = 1
    assert not intake.validate(buffer.put(make_frame(), valid=False))
    assert buffer.newest is None
    assert health.failures == {"corrupt": 1}


def test_requests_validate_a_frame_once_and_wait_for_it_for_a_bounded_time(
    clock: ManualClock,
) -> None:
    source, validator = stand(clock, validation_s=0.0)
    damaged = source.latest()
    assert damaged is not None
    validator.go.clear()
    outcomes: list[bool] = []
    first = threading.Thread(
        target=lambda: outcomes.append(source.validate(damaged, THUMBNAIL_SHRINK))
    )
    first.start()
    try:
        assert validator.entered.wait(PATIENCE_S)
        with pytest.raises(EncodingTimeout):
            source.validate(damaged, THUMBNAIL_SHRINK)
    finally:
        validator.go.set()
        first.join(PATIENCE_S)
    assert outcomes == [False]
    assert validator.count == 2


# Faults, without anybody who looks meanwhile.


def test_faults_of_an_outage_are_kept_though_nobody_asked_for_them(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    clock.advance(2.0)
    source.failed(CorruptFrame("damaged"))
    clock.advance(0.1)
    source.failed(CameraAbsent("unplugged"))
    names = {fault.name for fault in source.faults()}
    assert names == {capture_fault("cam", "").name, decode_fault("cam", "").name}
    deliver(source, clock)
    assert source.faults() == []


def test_damage_of_an_instant_in_an_outage_is_no_fault_of_its_own(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    clock.advance(2.0)
    source.failed(CameraAbsent("the connection was closed"))
    clock.advance(0.1)
    source.failed(CorruptFrame("half a picture"))
    source.failed(CameraAbsent("the connection was closed"))
    assert [fault.name for fault in source.faults()] == [capture_fault("cam", "").name]


def test_asking_for_faults_changes_nothing(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    clock.advance(1.5)
    (stalled,) = source.faults()
    assert "stalled" in stalled.message
    assert source.faults() == [stalled]
    clock.advance(1.0)
    (still_stalled,) = source.faults()
    assert "2.5 s" in still_stalled.message


def test_failure_before_the_frame_is_stale_is_no_fault_of_the_outage(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    """Cameras often deliver a torn frame while they are unplugged."""
    deliver(source, clock)
    source.failed(CorruptFrame("torn"))
    source.failed(CameraAbsent("unplugged"))
    clock.advance(1.5)
    assert source.faults() == [capture_fault("cam", "unplugged")]


@pytest.mark.parametrize(
    "step", [CameraSource.next_job, lambda source: source.failed(CameraAbsent("unplugged"))]
)
def test_encodings_are_freed_when_their_frame_is_stale(
    source: CameraSource,
    clock: ManualClock,
    deliver: Deliver,
    step: Callable[[CameraSource], object],
) -> None:
    """Nobody asks any more, or the camera is gone: the published frame stays for long."""
    deliver(source, clock)
    published = collect_now(source, clock)
    source.publish(published)
    published.made["encodings"] = b"JPEG"
    deliver(source, clock)
    step(source)
    assert published.made
    clock.advance(1.5)
    step(source)
    assert not published.made


def test_staleness_limit_of_the_operator_counts(clock: ManualClock, deliver: Deliver) -> None:
    source = CameraSource(ImageSource("cam", Layout.BGR8), clock, staleness_limit_s=0.2)
    source.opened(CameraMode(8, 6, Layout.BGR8, 1.0))
    deliver(source, clock)
    stored = source.latest()
    assert stored is not None
    clock.advance(0.201)
    assert source.is_stale(stored)


def test_newest_frame_is_there_at_any_age(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    assert source.newest is None
    deliver(source, clock)
    stored = source.latest()
    clock.advance(60.0)
    assert source.latest() is None
    assert source.newest is stored is not None
