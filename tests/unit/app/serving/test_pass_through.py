"""The camera's own JPEG through the service: who gets it, and what is made of it for the others."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.app.settings import Timeouts
from spot_webcam.domain.errors import EncodingError
from spot_webcam.domain.health.faults import decode_fault
from spot_webcam.domain.health.validity import frame_validator
from spot_webcam.domain.media.image import (
    THUMBNAIL_SHRINK,
    ImageFormat,
    JpegPicture,
    Layout,
    Picture,
    PixelFormat,
)
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import DEFAULT_QUALITY, ImageRequest
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.serving import answers
from tests.timing import PATIENCE_S

CALLERS = 50

# A transcode of the fake codec has 16 bytes, two thirds of these.
COLOUR = JpegPicture(b"\xff\xd8 the camera's own \xff\xd9", 8, 6, 3, 85, has_huffman_tables=True)
GREY = replace(COLOUR, components=1)
RGB, GREY_PIXELS = PixelFormat.RGB_U8, PixelFormat.GREYSCALE_U8


@dataclass
class House:
    """A service with one camera that delivers JPEGs."""

    clock: ManualClock
    codec: Any
    source: CameraSource
    service: ImageService
    _deliver: Callable[..., None]

    def deliver(self, jpeg: JpegPicture = COLOUR) -> None:
        self._deliver(self.source, self.clock, jpeg)

    def ask(self, *requests: ImageRequest) -> list[Answer]:
        return answers(self.service, requests)

    def ask_one(self, *arguments: Any, **fields: Any) -> Answer:
        [answer] = self.ask(ImageRequest("cam", *arguments, **fields))
        return answer


@pytest.fixture
def make_house(
    clock: ManualClock,
    deliver: Callable[..., None],
    make_codec: Callable[[], Any],
    robot_clock_at: Callable[[int | None], Any],
) -> Callable[..., House]:
    """Make a service of one source, with these fields of its description."""

    def make(**fields: Any) -> House:
        source = CameraSource(ImageSource("cam", Layout.BGR8, **fields), clock)
        codec = make_codec()
        service = ImageService([source], clock, robot_clock_at(0), codec)
        return House(clock, codec, source, service, deliver)

    return make


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    return make_house()


@pytest.fixture
def validating_house(house: House, robot_clock_at: Callable[[int | None], Any]) -> House:
    """A house whose source validates its JPEGs; one was delivered."""
    validator = frame_validator(house.codec.examine)
    house.source = CameraSource(ImageSource("cam", Layout.BGR8), house.clock, validator=validator)
    house.service = ImageService([house.source], house.clock, robot_clock_at(0), house.codec)
    house.deliver()
    return house


def _data(answer: Answer) -> bytes:
    assert answer.status is Status.OK, answer.message
    assert answer.capture is not None
    data = answer.capture.image.data
    return data if isinstance(data, bytes) else bytes(data)


@pytest.mark.parametrize("jpeg", [COLOUR, GREY])
@pytest.mark.parametrize("quality", [0.0, 85.0, 90.0])
def test_bytes_that_pass_are_the_cameras_and_are_not_decoded(
    house: House, jpeg: JpegPicture, quality: float
) -> None:
    house.deliver(jpeg)
    answer = house.ask_one(quality_percent=quality)
    assert _data(answer) is jpeg.data
    assert answer.capture is not None
    image = answer.capture.image
    assert (image.cols, image.rows, image.image_format) == (8, 6, ImageFormat.JPEG)
    assert image.pixel_format == (RGB if jpeg.components == 3 else GREY_PIXELS)
    assert house.codec.decoded == 0
    assert house.codec.jpegs == []


def test_bytes_that_do_not_pass_are_made_again(house: House) -> None:
    house.deliver(replace(COLOUR, has_huffman_tables=False))
    assert _data(house.ask_one()) == f"jpeg 8x6 bgr8 {DEFAULT_QUALITY}".encode()
    house.deliver()
    assert _data(house.ask_one(quality_percent=30.0)) == b"jpeg 8x6 bgr8 30"
    assert _data(house.ask_one(resize_ratio=0.5)) == b"jpeg 4x3 bgr8 75"
    assert _data(house.ask_one(pixel_format=GREY_PIXELS)) == b"jpeg 8x6 grey8 75"


def _of_bytes(size: int) -> JpegPicture:
    """Return a JPEG of this size; that of the fake codec has 16 bytes."""
    return replace(COLOUR, data=b"\xff\xd8" + bytes(size - 4) + b"\xff\xd9")


def test_transcode_that_saves_a_quarter_is_served_of_each_frame(house: House) -> None:
    for size in (22, 24, 22):
        house.deliver(_of_bytes(size))
        assert _data(house.ask_one(quality_percent=75.0)) == b"jpeg 8x6 bgr8 75"
    assert len(house.codec.jpegs) == 3


def test_transcode_that_saves_little_is_tried_now_and_then_and_never_served(house: House) -> None:
    jpeg = _of_bytes(20)
    seconds = range(2 * int(Timeouts().transcode_trial_s))
    for _ in seconds:
        house.deliver(jpeg)
        assert _data(house.ask_one(quality_percent=75.0)) is jpeg.data
        # Less that was clearly asked for is still served.
        assert _data(house.ask_one(quality_percent=9.0)) == b"jpeg 8x6 bgr8 9"
        assert _data(house.ask_one(quality_percent=75.0, resize_ratio=0.5)) == b"jpeg 4x3 bgr8 75"
        house.clock.advance(1.0)
    qualities = [quality for _, quality in house.codec.jpegs]
    assert qualities.count(9) == len(seconds)
    # At half the size each time, in full size twice.
    assert qualities.count(75) == len(seconds) + 2


def test_trial_delays_no_other_request_and_changes_the_next_answer(house: House) -> None:
    jpeg = _of_bytes(20)
    house.deliver(jpeg)
    assert _data(house.ask_one(quality_percent=75.0)) is jpeg.data
    house.clock.advance(Timeouts().transcode_trial_s)
    paying = _of_bytes(24)
    house.deliver(paying)
    encode_jpeg = house.codec.encode_jpeg
    meanwhile: list[Answer] = []

    def ask_meanwhile(picture: Picture, quality: int) -> bytes:
        meanwhile.append(house.ask_one(quality_percent=75.0))
        data: bytes = encode_jpeg(picture, quality)
        return data

    house.codec.encode_jpeg = ask_meanwhile
    tried = house.ask_one(quality_percent=75.0)
    house.codec.encode_jpeg = encode_jpeg
    assert _data(tried) is paying.data
    assert meanwhile == [tried]
    house.deliver(paying)
    assert _data(house.ask_one(quality_percent=75.0)) == b"jpeg 8x6 bgr8 75"


def test_trial_that_fails_changes_no_answer(house: House) -> None:
    jpeg = _of_bytes(20)
    house.deliver(jpeg)
    assert _data(house.ask_one(quality_percent=75.0)) is jpeg.data
    house.clock.advance(Timeouts().transcode_trial_s)
    house.deliver(jpeg)
    house.codec.error = EncodingError("no memory")
    assert _data(house.ask_one(quality_percent=75.0)) is jpeg.data
    assert house.source.faults() == []


def test_sources_are_judged_apart(house: House, deliver: Callable[..., None]) -> None:
    other = CameraSource(ImageSource("other", Layout.BGR8), house.clock)
    house.service.add(other)
    own = _of_bytes(20)
    house.deliver(own)
    deliver(other, house.clock, _of_bytes(24))
    requests = [ImageRequest(name, quality_percent=75.0) for name in ("cam", "other")]
    assert [_data(answer) for answer in house.ask(*requests)] == [own.data, b"jpeg 8x6 bgr8 75"]


def test_source_is_described_by_the_jpeg(house: House) -> None:
    house.deliver(replace(GREY, cols=20, rows=10))
    answer = house.ask_one(ImageFormat.RAW)
    assert answer.source == ImageSource("cam", Layout.GREY8, 20, 10)
    assert len(_data(answer)) == 200


def test_everything_but_the_cameras_bytes_comes_from_one_decoding(house: House) -> None:
    house.deliver()
    answers = house.ask(
        ImageRequest("cam"),
        ImageRequest("cam", ImageFormat.RAW),
        ImageRequest("cam", ImageFormat.RAW, GREY_PIXELS),
        ImageRequest("cam", ImageFormat.RAW, resize_ratio=0.5),
        ImageRequest("cam", quality_percent=30.0),
    )
    assert [answer.status for answer in answers] == [Status.OK] * 5
    assert house.codec.decoded == 1
    house.deliver()
    house.ask_one(ImageFormat.RAW)
    assert house.codec.decoded == 2


def test_fifty_callers_at_once_cost_one_decoding(house: House) -> None:
    house.deliver()
    requests = [
        ImageRequest("cam", ImageFormat.RAW),
        ImageRequest("cam", ImageFormat.RAW, GREY_PIXELS),
        ImageRequest("cam", ImageFormat.RAW, resize_ratio=0.9),
        ImageRequest("cam", quality_percent=30.0),
        ImageRequest("cam"),
    ]
    decode_jpeg = house.codec.decode_jpeg
    # The caller who decodes is held until all the others have called too.
    called, all_called = threading.Barrier(CALLERS + 1), threading.Event()

    def decode(jpeg: JpegPicture, shrink: int) -> Picture:
        assert all_called.wait(PATIENCE_S)
        picture: Picture = decode_jpeg(jpeg, shrink)
        return picture

    house.codec.decode_jpeg = decode
    answers: list[Answer] = []

    def call(request: ImageRequest) -> None:
        called.wait(PATIENCE_S)
        answers.extend(house.ask(request))

    threads = [
        threading.Thread(target=call, args=(requests[number % len(requests)],))
        for number in range(CALLERS)
    ]
    for thread in threads:
        thread.start()
    called.wait(PATIENCE_S)
    all_called.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert [answer.status for answer in answers] == [Status.OK] * CALLERS
    assert len({_data(answer) for answer in answers}) == len(requests)
    assert house.codec.decoded == 1
    assert len(house.codec.jpegs) == 1


def test_jpeg_that_does_not_decode_is_a_status_and_a_fault(house: House) -> None:
    house.deliver()
    house.codec.error = EncodingError("the camera's JPEG does not decode")
    answer = house.ask_one(ImageFormat.RAW)
    assert answer.status is Status.IMAGE_DATA_ERROR
    assert answer.capture is None
    assert answer.message == "cam: the camera's JPEG does not decode"
    assert house.source.faults() == [decode_fault("cam", "the camera's JPEG does not decode")]


def test_fault_goes_when_a_later_jpeg_decodes(house: House) -> None:
    house.deliver()
    house.codec.error = EncodingError("the camera's JPEG does not decode")
    house.ask_one(ImageFormat.RAW)
    house.codec.error = None
    assert house.ask_one(ImageFormat.RAW).status is Status.IMAGE_DATA_ERROR
    house.deliver()
    assert house.ask_one(ImageFormat.RAW).status is Status.OK
    assert house.source.faults() == []


def test_with_transcode_no_jpeg_is_handed_on_as_it_is(make_house: Callable[..., House]) -> None:
    house = make_house(transcode=True)
    house.deliver()
    assert _data(house.ask_one()) != COLOUR.data
    assert house.codec.jpegs == [(Layout.BGR8, 75)]


def test_default_quality_is_that_of_requests_that_name_none(
    make_house: Callable[..., House],
) -> None:
    house = make_house(default_quality=40)
    house.deliver(_of_bytes(24))
    assert _data(house.ask_one()) == b"jpeg 8x6 bgr8 40"
    assert _data(house.ask_one(quality_percent=20.0)) == b"jpeg 8x6 bgr8 20"


def test_jpeg_of_the_default_quality_passes(make_house: Callable[..., House]) -> None:
    house = make_house(default_quality=COLOUR.quality)
    house.deliver()
    assert _data(house.ask_one()) is COLOUR.data


@pytest.mark.parametrize(
    ("ratio", "shrink"),
    [(1.0, 1), (0.51, 1), (0.5, 2), (0.26, 2), (0.25, 4), (0.125, 8), (0.01, 8)],
)
def test_jpeg_is_decoded_to_the_smallest_size_that_holds_the_picture(
    house: House, ratio: float, shrink: int
) -> None:
    jpeg = replace(COLOUR, cols=800, rows=600)
    house.deliver(jpeg)
    decode_jpeg = house.codec.decode_jpeg
    shrinks: list[int] = []

    def decode(jpeg: JpegPicture, shrink: int) -> Picture:
        shrinks.append(shrink)
        picture: Picture = decode_jpeg(jpeg, shrink)
        return picture

    house.codec.decode_jpeg = decode
    house.ask_one(ImageFormat.RAW, resize_ratio=ratio)
    assert shrinks == [shrink]


def test_smaller_pictures_are_made_of_the_whole_one_if_that_is_there(house: House) -> None:
    house.deliver(replace(COLOUR, cols=800, rows=600))
    house.ask_one(ImageFormat.RAW)
    house.ask_one(ImageFormat.RAW, resize_ratio=0.25)
    assert house.codec.decoded == 1


@pytest.mark.parametrize(
    ("first", "second", "decoded"),
    [
        pytest.param(ImageRequest("cam", ImageFormat.RAW), None, 1, id="for its own encoding"),
        pytest.param(ImageRequest("cam", ImageFormat.RAW, resize_ratio=0.2), None, 1, id="reduced"),
        pytest.param(
            ImageRequest("cam", ImageFormat.RAW),
            ImageRequest("cam", ImageFormat.RAW, resize_ratio=0.5),
            1,
            id="for a smaller one",
        ),
        pytest.param(
            ImageRequest("cam", ImageFormat.RAW, resize_ratio=0.5),
            ImageRequest("cam", ImageFormat.RAW),
            2,
            id="not for a larger one",
        ),
        pytest.param(ImageRequest("cam"), ImageRequest("cam", ImageFormat.RAW), 2, id="passed on"),
    ],
)
def test_pixels_that_a_jpeg_was_validated_by_are_encoded(
    validating_house: House, first: ImageRequest, second: ImageRequest | None, decoded: int
) -> None:
    house = validating_house
    house.ask(ImageRequest("cam"))  # the first frame is validated when it arrives
    house.clock.advance(0.03)
    house.deliver(replace(COLOUR, data=b"another\xff\xd9", cols=800, rows=600))
    house.codec.decoded = 0
    for request in (first, second or first):
        assert [one.status for one in house.ask(request)] == [Status.OK]
    assert house.codec.decoded == decoded


@pytest.mark.parametrize(
    ("cols", "rows", "shrinks"), [(2500, 1600, [1]), (2500, 1601, [THUMBNAIL_SHRINK, 1])]
)
def test_large_picture_is_validated_by_its_thumbnail(
    validating_house: House, cols: int, rows: int, shrinks: list[int]
) -> None:
    house = validating_house
    house.ask(ImageRequest("cam"))
    house.clock.advance(0.03)
    house.deliver(replace(COLOUR, data=b"another\xff\xd9", cols=cols, rows=rows))
    decoded: list[int] = []
    decode = house.codec.decode_jpeg
    house.codec.decode_jpeg = lambda jpeg, shrink: decoded.append(shrink) or decode(jpeg, shrink)
    assert house.ask_one(ImageFormat.RAW).status is Status.OK
    assert decoded == shrinks


def test_refused_request_decodes_no_more_than_a_thumbnail(
    house: House, robot_clock_at: Callable[[int | None], Any]
) -> None:
    validator = frame_validator(house.codec.examine)
    house.source = CameraSource(ImageSource("cam", Layout.BGR8), house.clock, validator=validator)
    service = ImageService([house.source], house.clock, robot_clock_at(0), house.codec)
    # The camera may have what is asked for, until it is opened.
    call = service.prepare([ImageRequest("cam", ImageFormat.RAW, PixelFormat.RGBA_U8)])
    house.deliver()
    call.wait(PATIENCE_S)
    house.clock.advance(0.03)
    house.deliver()
    shrinks: list[int] = []
    decode = house.codec.decode_jpeg
    house.codec.decode_jpeg = lambda jpeg, shrink: shrinks.append(shrink) or decode(jpeg, shrink)
    assert [answer.status for answer in call.render()] == [
        Status.UNSUPPORTED_PIXEL_FORMAT_REQUESTED
    ]
    assert shrinks == [THUMBNAIL_SHRINK]


def test_jpeg_is_tried_once_however_many_want_its_pixels(house: House) -> None:
    house.deliver()
    tries: list[JpegPicture] = []

    def refuse(jpeg: JpegPicture, _shrink: int) -> Picture:
        tries.append(jpeg)
        raise EncodingError("no")

    house.codec.decode_jpeg = refuse
    for request in (ImageRequest("cam", ImageFormat.RAW), ImageRequest("cam", resize_ratio=0.9)):
        assert [one.status for one in house.ask(request, request)] == [Status.IMAGE_DATA_ERROR] * 2
    assert tries == [COLOUR]


def test_client_that_wants_the_bytes_gets_them_though_they_do_not_decode(house: House) -> None:
    house.deliver()
    house.codec.error = EncodingError("no")
    raw, own = house.ask(ImageRequest("cam", ImageFormat.RAW), ImageRequest("cam"))
    assert raw.status is Status.IMAGE_DATA_ERROR
    assert _data(own) is COLOUR.data
