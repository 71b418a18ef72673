"""What clients get that ask for what others got already."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from spot_webcam.app.capture.source import HARDLY_OLDER_NS, CameraSource
from spot_webcam.app.capture.takers import MAX_NOTED, anyone
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.domain.health.staleness import REMEMBERED_INTERVALS
from spot_webcam.domain.media.image import CaptureSettings, Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import ImageRequest
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.timing import NANOSECONDS, now
from spot_webcam.fakes.time.manual import ManualClock

PATIENCE_S = 20.0
CALLERS = 50
PERIOD_S = 0.03


class House:
    """A source that someone looks at."""

    def __init__(
        self, clock: ManualClock, codec: Any, robot_clock: Any, deliver: Callable[..., None]
    ) -> None:
        self.clock = clock
        self.codec = codec
        self.source = CameraSource(ImageSource("cam", Layout.BGR8), clock)
        self.service = ImageService([self.source], clock, robot_clock, codec)
        self.deliver = lambda: deliver(self.source, clock)
        self.deliver()
        self.ask()
        self.deliver()

    def ask(self, client: str = "me", **fields: Any) -> Answer:
        """Ask as the adapter does."""
        request = ImageRequest("cam", **fields)
        answer = self.service.known_answer(request, lambda: client)
        if answer is None:
            [answer] = self.service.get_images([request], 0.0, who=lambda: client)
        assert answer.status is Status.OK
        return answer

    def period(self) -> None:
        """Let a frame period pass, and the next frame come."""
        self.clock.advance(PERIOD_S)
        self.deliver()


@pytest.fixture
def house(
    clock: ManualClock,
    make_codec: Callable[[], Any],
    robot_clock_at: Callable[[int | None], Any],
    deliver: Callable[..., None],
) -> House:
    return House(clock, make_codec(), robot_clock_at(0), deliver)


def test_equal_requests_of_one_frame_get_the_same_answer(house: House) -> None:
    first = house.ask()
    assert house.ask() is first
    assert house.ask(quality_percent=30.0) is not first
    house.deliver()
    assert house.ask() is not first


def test_source_that_is_none_has_no_known_answer(house: House) -> None:
    assert house.service.known_answer(ImageRequest("other")) is None


def test_known_answer_of_an_old_frame_is_not_given(house: House) -> None:
    house.ask()
    house.clock.advance(1.5)
    assert house.service.known_answer(ImageRequest("cam")) is None
    [answer] = house.service.get_images([ImageRequest("cam")], 0.0)
    assert answer.status is Status.IMAGE_DATA_ERROR


def test_fifty_callers_at_once_get_one_encoding(house: House) -> None:
    before = len(house.codec.jpegs)
    barrier = threading.Barrier(CALLERS)
    answers: list[Answer] = []

    def call() -> None:
        barrier.wait(PATIENCE_S)
        answers.append(house.ask())

    threads = [threading.Thread(target=call) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(answers) == CALLERS
    assert len(house.codec.jpegs) == before + 1


@pytest.fixture
def busy(house: House) -> House:
    """A house all of whose processors encode, for good; nobody waits for long."""
    turns = house.service._workshop._turns
    while not turns.busy:
        assert turns.take(0.0)
    return house


def test_where_all_encode_the_frame_before_does_as_well(house: House, busy: House) -> None:
    assert busy is house
    turns = house.service._workshop._turns
    turns.end()
    known = house.ask()
    assert turns.take(0.0)
    house.deliver()
    assert house.ask() is known


def test_while_one_encodes_the_newest_frame_others_get_the_one_before(house: House) -> None:
    known = house.ask()
    house.deliver()
    encode, begun, go_on = house.codec.encode_jpeg, threading.Event(), threading.Event()

    def slow(picture: Picture, quality: int) -> bytes:
        begun.set()
        assert go_on.wait(PATIENCE_S)
        jpeg: bytes = encode(picture, quality)
        return jpeg

    house.codec.encode_jpeg = slow
    newest: list[Answer] = []
    first = threading.Thread(target=lambda: newest.append(house.ask()))
    first.start()
    try:
        assert begun.wait(PATIENCE_S)
        assert house.ask() is known
    finally:
        go_on.set()
        first.join(PATIENCE_S)
    assert newest != [known]
    assert house.ask() is newest[0]


def test_where_all_encode_there_is_no_answer_that_nobody_asked_for(
    house: House, busy: House
) -> None:
    assert busy is house
    turns = house.service._workshop._turns
    turns.end()
    house.ask()
    assert turns.take(0.0)
    house.deliver()
    assert house.service.known_answer(ImageRequest("cam", quality_percent=30.0)) is None


def test_who_got_a_frame_while_the_next_was_encoded_gets_it_no_more(steady: House) -> None:
    first = steady.ask("one")
    steady.period()
    turns = steady.service._workshop._turns
    while not turns.busy:
        assert turns.take(0.0)
    assert steady.ask("two") is first
    turns.end()
    assert steady.ask("two") is not first


@pytest.mark.parametrize("age_s", [HARDLY_OLDER_NS / NANOSECONDS, 0.5])
def test_frame_before_is_given_only_while_it_is_hardly_old(house: House, age_s: float) -> None:
    house.ask()
    house.clock.advance(age_s)
    young = age_s * NANOSECONDS <= HARDLY_OLDER_NS
    assert (house.source.standing(ImageRequest("cam"), anyone) is not None) is young


def test_nobody_gets_an_older_picture_than_any_client_had(house: House, busy: House) -> None:
    """Of the older frame there is an answer, and a turn for the newer one's comes only later."""
    turns = house.service._workshop._turns
    turns.end()
    house.ask(resize_ratio=0.5)
    house.deliver()
    newest = house.ask().capture
    assert turns.take(0.0)
    ended = threading.Timer(0.0, turns.end)
    ended.start()
    small = house.ask(resize_ratio=0.5).capture
    ended.join(PATIENCE_S)
    assert small is not None
    assert newest is not None
    assert small.acquired_robot_ns == newest.acquired_robot_ns


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
            house.ask(pixel_format=pixel_format, quality_percent=quality, resize_ratio=0.5)
    assert sizes == [(4, 3)]


@pytest.fixture
def steady(house: House) -> House:
    """A house whose camera's period is known."""
    for _ in range(REMEMBERED_INTERVALS + 1):
        house.period()
    return house


def test_client_gets_what_others_got_but_nothing_twice(steady: House) -> None:
    first = steady.ask("one")
    steady.period()
    assert steady.ask("two") is first
    second = steady.ask("two")
    assert second is not first
    assert steady.ask("one") is second


def test_frame_is_shared_for_two_periods(steady: House) -> None:
    first = steady.ask("one")
    steady.period()
    steady.period()
    assert steady.ask("two") is first
    steady.clock.advance(0.001)
    assert steady.ask("three") is not first


def test_newest_frame_goes_first_where_someone_had_it_encoded(steady: House) -> None:
    steady.ask("one")
    steady.period()
    newest = steady.ask("one")
    assert steady.ask("two") is newest


def test_frame_of_slow_cameras_is_shared_for_a_tenth_of_a_second(house: House) -> None:
    for _ in range(REMEMBERED_INTERVALS + 1):
        house.clock.advance(0.08)
        house.deliver()
    first = house.ask("one")
    house.clock.advance(0.08)
    house.deliver()
    house.clock.advance(HARDLY_OLDER_NS / NANOSECONDS - 0.08)
    assert house.ask("two") is first
    house.clock.advance(0.001)
    assert house.ask("three") is not first


def test_nothing_is_shared_while_the_camera_s_period_is_unknown(house: House) -> None:
    first = house.ask("one")
    house.deliver()
    house.clock.advance(0.001)
    assert house.ask("two") is not first


def test_where_many_ask_nobody_gets_an_older_frame(steady: House) -> None:
    for number in range(MAX_NOTED):
        first = steady.ask(str(number))
    steady.period()
    assert steady.ask("one more") is not first


def test_clients_that_cannot_be_told_apart_get_no_frame_twice(steady: House) -> None:
    request = ImageRequest("cam")
    [first] = steady.service.get_images([request], 0.0)
    steady.period()
    assert steady.service.known_answer(request) is None
    assert first.status is Status.OK


def test_frames_that_nobody_has_examined_are_not_looked_into_while_one_is_shared(
    steady: House,
) -> None:
    examined: list[object] = []
    steady.source._examine = examined.append
    jpeg = JpegPicture(b"jpeg", 8, 6, 3, 85, has_huffman_tables=True)

    def next_jpeg() -> None:
        steady.clock.advance(PERIOD_S)
        steady.source.deliver(
            replace(jpeg, data=str(steady.clock.monotonic_ns()).encode()),
            None,
            now(steady.clock),
            CaptureSettings(),
        )

    next_jpeg()
    next_jpeg()
    first = steady.ask("one")
    next_jpeg()
    so_far = len(examined)
    assert steady.ask("two") is first
    assert len(examined) == so_far
    assert steady.ask("one") is not first
    assert len(examined) == so_far + 1
