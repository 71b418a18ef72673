"""Pictures that grow old while something else is waited for."""

from collections.abc import Callable
from typing import Any

import pytest

from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.serving.answering import FrameForCall
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.requests.encoding import ImageRequest
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock

Deliver = Callable[..., None]


class House:
    """One source whose frames come when the test says so."""

    def __init__(self, clock: ManualClock, codec: Any, robot_clock: Any, deliver: Deliver) -> None:
        self.clock = clock
        self.codec = codec
        self.source = CameraSource(ImageSource("cam", Layout.BGR8), clock)
        self.service = ImageService([self.source], clock, robot_clock, codec)
        self._deliver = deliver

    def deliver(self, picture: Picture | None = None) -> None:
        self._deliver(self.source, self.clock, picture)

    def ask(self, *requests: ImageRequest, meanwhile: Callable[[], None]) -> list[Status]:
        """Ask, and let something happen between the frames and the pictures."""
        answers = self.service.get_images(requests, 0.0, lambda _: meanwhile())
        self.answers = answers
        return [answer.status for answer in answers]


@pytest.fixture
def house(
    clock: ManualClock,
    make_codec: Callable[[], Any],
    robot_clock_at: Callable[[int | None], Any],
    deliver: Deliver,
) -> House:
    house = House(clock, make_codec(), robot_clock_at(0), deliver)
    house.deliver()
    return house


TWICE = (ImageRequest("cam"), ImageRequest("cam", quality_percent=30.0))


def test_frame_that_grew_too_old_is_replaced_by_the_newest(house: House) -> None:
    def meanwhile() -> None:
        house.clock.advance(1.5)
        house.deliver()

    assert house.ask(*TWICE, meanwhile=meanwhile) == [Status.OK] * 2
    times = {one.capture.acquired_robot_ns for one in house.answers if one.capture is not None}
    assert times == {house.clock.monotonic_ns()}


def test_frame_that_grew_too_old_is_refused_if_there_is_none_newer(house: House) -> None:
    statuses = house.ask(*TWICE, meanwhile=lambda: house.clock.advance(1.5))
    assert statuses == [Status.IMAGE_DATA_ERROR] * 2
    assert "stalled" in house.answers[0].message


def test_request_that_no_longer_fits_the_newest_frame_is_refused(
    house: House, make_picture: Callable[..., Picture]
) -> None:
    def meanwhile() -> None:
        house.clock.advance(1.5)
        house.deliver(make_picture(Layout.GREY16))

    request = ImageRequest("cam", pixel_format=3)
    assert house.ask(request, meanwhile=meanwhile) == [Status.UNSUPPORTED_PIXEL_FORMAT_REQUESTED]


def test_picture_that_grew_too_old_while_it_was_made_is_refused(house: House) -> None:
    encode_jpeg = house.codec.encode_jpeg

    def slowly(picture: Picture, quality: int) -> bytes:
        house.clock.advance(1.5)
        data: bytes = encode_jpeg(picture, quality)
        return data

    house.codec.encode_jpeg = slowly
    statuses = house.ask(ImageRequest("cam"), meanwhile=lambda: None)
    assert statuses == [Status.IMAGE_DATA_ERROR]
    assert "grew too old" in house.answers[0].message
    assert not any("Decoding" in fault.name for fault in house.source.faults())


def test_frame_is_waited_for_before_it_is_had(house: House) -> None:
    frame = FrameForCall(house.source, house.source.request_frame())
    assert not frame.is_old()
    with pytest.raises(NoData):
        frame.young()
