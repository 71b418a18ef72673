"""How a source describes itself, and what it tells as faults."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.settings import Timeouts
from spot_webcam.domain.errors import (
    CameraAbsent,
    CorruptFrame,
    EncodingError,
    NoData,
)
from spot_webcam.domain.health.faults import capture_fault, decode_fault
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.ports import CameraMode
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.source_stand import MODE, Deliver

ABSENT = CameraAbsent("no /dev/video0")
CORRUPT = CorruptFrame("damaged")


# The description.


def test_description_follows_the_mode_and_then_the_frames(
    source: CameraSource, clock: ManualClock, deliver: Deliver, make_picture: Callable[..., Picture]
) -> None:
    assert source.description == ImageSource("cam", Layout.BGR8)
    source.opened(CameraMode(1280, 720, Layout.BGR8))
    assert source.description == ImageSource("cam", Layout.BGR8, 1280, 720)
    deliver(source, clock, make_picture(Layout.GREY8, 64, 48))
    assert source.description == ImageSource("cam", Layout.GREY8, 64, 48)


def test_description_that_fits_is_kept(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    before = source.description
    deliver(source, clock)
    assert source.description is before


def test_description_of_a_picture_is_its_own(
    source: CameraSource, make_picture: Callable[..., Picture]
) -> None:
    source.opened(MODE)
    described = source.described_as(make_picture(Layout.DEPTH16, 5, 4))
    assert described == ImageSource("cam", Layout.DEPTH16, 5, 4)


# Faults.


def test_good_source_has_no_faults(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    assert source.faults() == []


def test_damaged_pictures_are_a_decoding_fault(source: CameraSource) -> None:
    source.failed(CORRUPT)
    assert source.faults() == [decode_fault("cam", "damaged")]


def test_encoding_that_fails_is_a_decoding_fault_for_a_while(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    clock.advance(60.0)
    source.rendered(EncodingError("no JPEG"))
    clock.advance(Timeouts().encoding_fault_s - 0.001)
    deliver(source, clock)
    assert source.faults() == [decode_fault("cam", "no JPEG")]
    clock.advance(0.001)
    assert source.faults() == []


def test_encoding_that_works_ends_the_fault(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    source.rendered(EncodingError("no JPEG"))
    source.rendered()
    assert source.faults() == []
    source.rendered()
    assert source.faults() == []


def test_capture_and_decoding_faults_stand_side_by_side(source: CameraSource) -> None:
    source.failed(ABSENT)
    source.rendered(EncodingError("no JPEG"))
    assert source.faults() == [capture_fault("cam", str(ABSENT)), decode_fault("cam", "no JPEG")]


def test_decoding_fault_stands_once_whatever_its_reasons(source: CameraSource) -> None:
    source.failed(CORRUPT)
    source.rendered(EncodingError("no JPEG"))
    assert source.faults() == [decode_fault("cam", "damaged")]


# Slow cameras.


@pytest.mark.parametrize("is_reported", [False, True])
@pytest.mark.parametrize("rate_hz", [1.0, 0.7, 0.5, 0.33])
def test_slow_camera_is_not_stalled_before_its_next_picture_however_often_it_is_opened(
    source: CameraSource,
    clock: ManualClock,
    deliver: Deliver,
    rate_hz: float,
    is_reported: bool,
) -> None:
    for _ in range(3):
        source.opened(CameraMode(8, 6, Layout.BGR8, rate_hz if is_reported else None))
        is_out = source.faults() != []
        for _ in range(5):
            for _ in range(int(10 / rate_hz)):
                clock.advance(0.1)
                assert is_out or source.faults() == []
            deliver(source, clock)
            is_out = False
        source.failed(ABSENT)
        clock.advance(60.0)


def test_camera_of_unknown_rate_is_stalled_after_its_first_picture_at_last(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    source.opened(CameraMode(8, 6, Layout.BGR8))
    deliver(source, clock)
    clock.advance(Timeouts().opening_grace_s)
    assert source.faults() == []
    clock.advance(0.1)
    assert [fault.name for fault in source.faults()] == [capture_fault("cam", "").name]


def test_camera_of_known_rate_is_silent_after_a_short_grace(
    source: CameraSource, clock: ManualClock
) -> None:
    source.opened(MODE)
    clock.advance(Timeouts().first_frame_grace_s - 0.001)
    assert source.faults() == []
    clock.advance(0.001)
    assert source.faults() != []


def test_time_between_requests_is_no_rate_of_a_camera_on_demand(
    on_demand: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    """Clients that ask seldom do not make a camera slow, and one that hangs is noticed."""
    on_demand.opened(MODE)
    for _ in range(20):
        on_demand.request_frame()
        on_demand.next_job()
        deliver(on_demand, clock)
        clock.advance(20.0)
    pending = on_demand.request_frame()
    clock.advance(Timeouts().first_frame_grace_s + 0.001)
    with suppress(NoData):
        pending.wait(clock.monotonic_ns())
    assert on_demand.faults() != []
