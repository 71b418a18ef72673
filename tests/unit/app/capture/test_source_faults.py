"""How a source describes itself, and what it tells as faults."""

from collections.abc import Callable

from spot_webcam.app.capture.health import ENCODING_TROUBLE_S
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.domain.errors import (
    CameraAbsent,
    CorruptFrame,
    EncodingError,
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
    source.fail(CORRUPT)
    assert source.faults() == [decode_fault("cam", "damaged")]


def test_encoding_that_fails_is_a_decoding_fault_for_a_while(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    clock.advance(60.0)
    source.encoding_failed(EncodingError("no JPEG"))
    clock.advance(ENCODING_TROUBLE_S - 0.001)
    deliver(source, clock)
    assert source.faults() == [decode_fault("cam", "no JPEG")]
    clock.advance(0.001)
    assert source.faults() == []


def test_encoding_that_works_ends_the_fault(
    source: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    deliver(source, clock)
    source.encoding_failed(EncodingError("no JPEG"))
    source.encoding_succeeded()
    assert source.faults() == []
    source.encoding_succeeded()
    assert source.faults() == []


def test_capture_and_decoding_faults_stand_side_by_side(source: CameraSource) -> None:
    source.fail(ABSENT)
    source.encoding_failed(EncodingError("no JPEG"))
    assert source.faults() == [capture_fault("cam", str(ABSENT)), decode_fault("cam", "no JPEG")]


def test_decoding_fault_stands_once_whatever_its_reasons(source: CameraSource) -> None:
    source.fail(CORRUPT)
    source.encoding_failed(EncodingError("no JPEG"))
    assert source.faults() == [decode_fault("cam", "damaged")]
