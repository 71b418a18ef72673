"""The snapshot of a source: what a page and metrics show of it."""

from collections.abc import Callable

import pytest

from spot_webcam.app.capture.frame_tally import FrameCounts
from spot_webcam.app.capture.jobs import CaptureLatest, CaptureWith
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.capture.source_snapshot import LastError, SourceState
from spot_webcam.domain.errors import BlackFrame, CameraAbsent, CorruptFrame, NoData, StaleFrame
from spot_webcam.domain.instant import now
from spot_webcam.domain.media.image import CaptureSettings, Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.source_stand import MODE, Deliver, capture

DESCRIPTION = ImageSource("front", Layout.BGR8)
JPEG = JpegPicture(b"jpeg", 8, 6, 3, 90, has_huffman_tables=True)


@pytest.fixture
def source(clock: ManualClock) -> CameraSource:
    return CameraSource(DESCRIPTION, clock)


def test_source_that_was_never_opened_is_starting(source: CameraSource, clock: ManualClock) -> None:
    snapshot = source.snapshot()
    assert snapshot.state is SourceState.STARTING
    assert (snapshot.name, snapshot.has_opened, snapshot.mode) == ("front", False, None)
    assert (snapshot.age_s, snapshot.picture, snapshot.rate_hz) == (None, None, None)
    assert (snapshot.error, snapshot.last_error, snapshot.faults) == ("", None, ())


def test_source_with_a_picture_is_good(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    source.opened(MODE)
    settings = CaptureSettings(exposure_s=0.01)
    for _ in range(3):
        clock.advance(0.1)
        deliver(source, clock, settings=settings)
    clock.advance(0.05)
    snapshot = source.snapshot()
    assert snapshot.state is SourceState.GOOD
    assert snapshot.mode == MODE
    assert snapshot.age_s == pytest.approx(0.05)
    assert snapshot.rate_hz == pytest.approx(10.0)
    assert snapshot.picture is not None
    assert (snapshot.picture.sequence, snapshot.picture.bytes) == (3, 8 * 6 * 3)
    assert snapshot.picture.age_s == pytest.approx(0.05)
    assert snapshot.picture.settings == settings
    assert snapshot.staleness_limit_s == 1.0


def test_rate_falls_while_no_picture_comes(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    source.opened(MODE)
    for _ in range(3):
        clock.advance(0.1)
        deliver(source, clock)
    clock.advance(4.0)
    assert source.snapshot().rate_hz == pytest.approx(0.25)


def test_camera_without_new_pictures_is_frozen(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    source.opened(MODE)
    deliver(source, clock)
    clock.advance(3.0)
    snapshot = source.snapshot()
    assert snapshot.state is SourceState.FROZEN
    assert snapshot.error == "no new picture for 3.0 s; the camera is stalled"
    assert [fault.name for fault in snapshot.faults] == ["Image Capture Failure for front"]


def test_frozen_camera_that_was_opened_again_is_frozen_until_its_next_picture(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    source.opened(MODE)
    deliver(source, clock)
    clock.advance(3.0)
    source.failed(StaleFrame("the same picture for 2.0 s"), None)
    source.opened(MODE)
    assert source.snapshot().state is SourceState.FROZEN
    deliver(source, clock)
    assert source.snapshot().state is SourceState.GOOD


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (CameraAbsent("unplugged"), SourceState.FAILED),
        (CorruptFrame("half of it is missing"), SourceState.DAMAGED),
        (BlackFrame("black all over"), SourceState.DAMAGED),
    ],
)
def test_state_is_the_kind_of_the_error(
    source: CameraSource, clock: ManualClock, error: CorruptFrame, state: SourceState
) -> None:
    source.failed(error)
    snapshot = source.snapshot()
    assert snapshot.state is state
    assert snapshot.error == str(error)
    assert snapshot.failures == {error.reason: 1}


def test_last_error_is_kept_after_the_recovery(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    source.opened(MODE)
    source.failed(NoData("no answer"))
    clock.advance(2.0)
    source.opened(MODE)
    deliver(source, clock)
    snapshot = source.snapshot()
    assert snapshot.state is SourceState.GOOD
    assert snapshot.error == ""
    assert snapshot.last_error == LastError("no data", "no answer", 2.0)
    assert snapshot.reconnects == 1


def test_on_demand_source_is_good_once_it_is_open(clock: ManualClock) -> None:
    source = CameraSource(DESCRIPTION, clock, on_demand=True)
    assert source.snapshot().state is SourceState.STARTING
    source.opened(MODE)
    assert source.snapshot().state is SourceState.GOOD


def test_pictures_are_counted_by_what_became_of_them(
    clock: ManualClock, make_picture: Callable[..., Picture]
) -> None:
    source = CameraSource(DESCRIPTION, clock, validator=lambda *_: (JPEG, make_picture()))
    source.opened(MODE)
    source.skipped(None, now(clock))
    assert capture(source, clock, JPEG, stream_timestamp_ns=1)
    assert not capture(source, clock, JPEG, stream_timestamp_ns=1)
    stored = source.latest()
    assert stored is not None
    source.publish(stored)
    source.publish(stored)
    source.rendered(passed_through=True)
    source.rendered(passed_through=False)
    assert source.snapshot().counts == FrameCounts(
        grabbed=3,
        idle=1,
        repeated=1,
        stored=1,
        decoded=1,
        encoded=1,
        passed_through=1,
        published=1,
        retrieved_bytes=8,
    )


def test_newest_frame_is_there_at_any_age(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    assert source.newest is None
    source.opened(MODE)
    deliver(source, clock)
    newest = source.latest()
    clock.advance(60.0)
    assert source.latest() is None
    assert source.newest is newest is not None


def test_snapshot_counts_as_no_request(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    source.opened(MODE)
    deliver(source, clock)
    source.snapshot()
    job = source.next_job()
    assert not isinstance(job, CaptureWith)
    assert isinstance(job, CaptureLatest)
    assert not job.is_requested
