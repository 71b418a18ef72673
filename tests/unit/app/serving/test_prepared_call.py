"""From a prepared call to its answers: known ones, and frames that become stale meanwhile."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.app.settings import Limits
from spot_webcam.domain.errors import AnswerTooLarge, EncodingError
from spot_webcam.domain.health.staleness import REMEMBERED_INTERVALS
from spot_webcam.domain.media.image import ImageFormat, Layout, Picture
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import ImageRequest
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.serving import answers
from tests.timing import PATIENCE_S

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

    def one(self, **fields: Any) -> Answer:
        """Ask for one picture, on any thread."""
        [answer] = answers(self.service, [ImageRequest("cam", **fields)])
        assert answer.status is Status.OK
        return answer

    def ask(self, *requests: ImageRequest, meanwhile: Callable[[], None]) -> list[Status]:
        """Ask, and let something happen between the frames and their encodings."""
        call = self.service.prepare(requests)
        call.wait(0.0)
        meanwhile()
        self.answers = call.render()
        return [answer.status for answer in self.answers]


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


CALLERS = 50
TWICE = (ImageRequest("cam"), ImageRequest("cam", quality_percent=30.0))


def test_answer_that_another_call_has_made_meanwhile_is_given(house: House) -> None:
    stored, encode_jpeg = house.source.latest(), house.codec.encode_jpeg
    assert stored is not None
    theirs = Answer(Status.OK)

    def late(picture: Picture, quality: int) -> bytes:
        stored.made[ImageRequest("cam")] = theirs
        data: bytes = encode_jpeg(picture, quality)
        return data

    house.codec.encode_jpeg = late
    assert house.one() is theirs


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
    assert "too old while it was encoded" in house.answers[0].message
    assert not any("Decoding" in fault.name for fault in house.source.faults())


def test_picture_that_grew_too_old_while_others_were_made_is_refused(
    house: House, deliver: Deliver
) -> None:
    other = CameraSource(ImageSource("other", Layout.BGR8), house.clock)
    deliver(other, house.clock)
    house.service.add(other)
    encode_jpeg = house.codec.encode_jpeg

    def slowly_at_second(picture: Picture, quality: int) -> bytes:
        if house.codec.jpegs:
            house.clock.advance(1.5)
        data: bytes = encode_jpeg(picture, quality)
        return data

    house.codec.encode_jpeg = slowly_at_second
    statuses = house.ask(ImageRequest("cam"), ImageRequest("other"), meanwhile=lambda: None)
    assert statuses == [Status.IMAGE_DATA_ERROR] * 2


def test_next_request_of_a_call_gets_a_newer_frame_if_the_first_one_became_stale(
    house: House,
) -> None:
    encode_jpeg = house.codec.encode_jpeg

    def slowly_at_first(picture: Picture, quality: int) -> bytes:
        if not house.codec.jpegs:
            house.clock.advance(1.5)
            house.deliver()
        data: bytes = encode_jpeg(picture, quality)
        return data

    for _ in range(REMEMBERED_INTERVALS + 1):  # its rate is known
        house.clock.advance(0.03)
        house.deliver()
    house.codec.encode_jpeg = slowly_at_first
    statuses = house.ask(*TWICE, meanwhile=lambda: None)
    assert statuses == [Status.IMAGE_DATA_ERROR, Status.OK]


def test_equal_requests_get_the_same_answer_of_one_frame(house: House) -> None:
    first = house.one()
    assert house.one() is first
    assert house.one(quality_percent=30.0) is not first
    house.deliver()
    assert house.one() is not first


def test_known_answers_need_neither_a_wait_nor_an_encode(house: House) -> None:
    answer = house.one()
    call = house.service.prepare([ImageRequest("cam")] * 2)
    assert call.is_rendered
    assert call.size_bytes == 2 * answer.size_bytes
    assert call.render() == [answer, answer]


def test_one_unknown_answer_has_the_whole_call_rendered(house: House) -> None:
    house.one()
    call = house.service.prepare([ImageRequest("cam"), ImageRequest("cam", resize_ratio=0.5)])
    assert not call.is_rendered
    call.wait(0.0)
    assert [answer.status for answer in call.render()] == [Status.OK] * 2


def test_call_without_requests_has_no_answers(house: House) -> None:
    call = house.service.prepare([])
    assert call.is_rendered
    assert (call.size_bytes, call.render()) == (0, [])


def test_known_answer_of_a_stale_frame_is_not_served(house: House) -> None:
    house.one()
    house.clock.advance(1.5)
    assert not house.service.prepare([ImageRequest("cam")]).is_rendered
    assert house.ask(ImageRequest("cam"), meanwhile=lambda: None) == [Status.IMAGE_DATA_ERROR]


def test_size_is_about_that_of_the_pictures_until_it_is_exact(house: House) -> None:
    raw = ImageRequest("cam", ImageFormat.RAW)
    call = house.service.prepare([raw, ImageRequest("cam"), ImageRequest("nobody")])
    assert call.size_bytes == 8 * 6 * 3 + 8 * 6 * 3 // 8
    call.wait(0.0)
    replies = call.render()
    assert call.size_bytes == sum(answer.size_bytes for answer in replies)


def test_pictures_that_turn_out_too_large_are_refused(
    clock: ManualClock, house: House, robot_clock_at: Callable[..., Any]
) -> None:
    """The size of a JPEG is known only when it is encoded."""
    limits = Limits(answer_bytes=20)
    service = ImageService([house.source], clock, robot_clock_at(0), house.codec, limits=limits)
    call = service.prepare([ImageRequest("cam")] * 2)
    call.wait(0.0)
    with pytest.raises(AnswerTooLarge, match="pictures in one answer; ask for fewer"):
        call.render()


def test_fifty_callers_at_once_get_one_encoding(house: House) -> None:
    barrier = threading.Barrier(CALLERS)
    replies: list[Answer] = []

    def call() -> None:
        barrier.wait(PATIENCE_S)
        replies.append(house.one())

    threads = [threading.Thread(target=call) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(replies) == CALLERS
    assert len(house.codec.jpegs) == 1


def test_while_one_encodes_the_newest_frame_others_get_the_published_one(house: House) -> None:
    known = house.one()
    house.deliver()
    encode, begun, go_on = house.codec.encode_jpeg, threading.Event(), threading.Event()

    def slow(picture: Picture, quality: int) -> bytes:
        begun.set()
        assert go_on.wait(PATIENCE_S)
        jpeg: bytes = encode(picture, quality)
        return jpeg

    house.codec.encode_jpeg = slow
    newest: list[Answer] = []
    first = threading.Thread(target=lambda: newest.append(house.one()))
    first.start()
    try:
        assert begun.wait(PATIENCE_S)
        assert house.one() is known
    finally:
        go_on.set()
        first.join(PATIENCE_S)
    assert newest != [known]
    assert house.one() is newest[0]


def test_frame_whose_encode_fails_is_not_published(house: House) -> None:
    known = house.one()
    house.deliver()
    house.codec.error = EncodingError("no JPEG today")
    assert house.ask(ImageRequest("cam"), meanwhile=lambda: None) == [Status.IMAGE_DATA_ERROR]
    house.codec.error = None
    assert house.source.published is not None
    assert known.capture is not None
    assert house.source.published.frame.monotonic_ns == known.capture.acquired_robot_ns


def test_pixels_are_resized_and_turned_grey_once_for_all_qualities(house: House) -> None:
    sizes: list[tuple[int, int]] = []
    resize = house.codec.resize

    def counted(picture: Picture, cols: int, rows: int) -> Picture:
        sizes.append((cols, rows))
        smaller: Picture = resize(picture, cols, rows)
        return smaller

    house.codec.resize = counted
    for pixel_format in (1, 3):
        for quality in (30.0, 60.0, 90.0):
            house.one(pixel_format=pixel_format, quality_percent=quality, resize_ratio=0.5)
    assert sizes == [(4, 3)]


def test_answer_that_two_calls_make_at_once_is_counted_once(
    clock: ManualClock, deliver: Callable[..., None], make_codec: Callable[[], Any]
) -> None:
    class Meanwhile:
        """Robot time, during whose first query another call makes the same answer."""

        def __init__(self) -> None:
            self.other: Any = None

        def synchronize(self) -> int:
            return 0

        def robot_time_ns(self, monotonic_ns: int) -> int:
            other, self.other = self.other, None
            if other is not None:
                other.render()
            return monotonic_ns

    source = CameraSource(ImageSource("cam", Layout.BGR8), clock)
    deliver(source, clock)
    robot_clock = Meanwhile()
    service = ImageService([source], clock, robot_clock, make_codec())
    request = [ImageRequest("cam")]
    robot_clock.other, call = service.prepare(request), service.prepare(request)
    other = robot_clock.other
    assert call.render() == other.render()
    assert source.snapshot().counts.encoded == 1
