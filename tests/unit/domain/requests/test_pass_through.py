"""The camera's own JPEG: who gets it, and what is made of it for the others."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.domain.errors import EncodingError
from spot_webcam.domain.health.faults import decode_fault
from spot_webcam.domain.media.image import ImageFormat, Layout, Picture, PixelFormat
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.media.transform import Region, Transform
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import (
    DEFAULT_QUALITY,
    PASSING_QUALITY_MARGIN,
    EncodingPlan,
    ImageRequest,
    Refusal,
    passed_through,
    plan_encoding,
)
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.serving import answers
from tests.timing import PATIENCE_S

CALLERS = 50

COLOUR = JpegPicture(b"\xff\xd8 the camera's own \xff\xd9", 8, 6, 3, 85, has_huffman_tables=True)
GREY = replace(COLOUR, components=1)
RGB, GREY_PIXELS = PixelFormat.RGB_U8, PixelFormat.GREYSCALE_U8

qualities = st.integers(1, 100)
jpegs = st.sampled_from([COLOUR, GREY])
unset = st.sampled_from([0.0, -1.0, float("nan"), float("-inf")])
own_format = st.sampled_from([ImageFormat.UNKNOWN, ImageFormat.JPEG])


def _source(jpeg: JpegPicture) -> ImageSource:
    return ImageSource("cam", jpeg.layout, jpeg.cols, jpeg.rows)


def _planned(request: ImageRequest, jpeg: JpegPicture) -> EncodingPlan:
    """Return what a request would get if nothing was passed through."""
    plan = plan_encoding(request, _source(jpeg))
    assert not isinstance(plan, Refusal)
    return plan


def _passes(request: ImageRequest, jpeg: JpegPicture) -> bool:
    """Whether a request gets the camera's own bytes; otherwise its plan must be unchanged."""
    plan = _planned(request, jpeg)
    decided = passed_through(plan, request, jpeg, _source(jpeg))
    assert decided in {plan, replace(plan, quality=0, pass_through=True)}
    return decided.pass_through


@given(jpegs, qualities, own_format, unset)
def test_request_without_a_quality_gets_any(
    jpeg: JpegPicture, quality: int, image_format: ImageFormat, percent: float
) -> None:
    request = ImageRequest("cam", image_format, quality_percent=percent)
    assert _passes(request, replace(jpeg, quality=quality))


@given(jpegs, qualities, qualities, own_format)
def test_quality_may_lie_above_by_the_margin_and_below_by_any(
    jpeg: JpegPicture, own: int, asked: int, image_format: ImageFormat
) -> None:
    request = ImageRequest("cam", image_format, quality_percent=float(asked))
    passes = _passes(request, replace(jpeg, quality=own))
    assert passes == (own - asked <= PASSING_QUALITY_MARGIN)


@pytest.mark.parametrize(
    ("own", "asked", "passes"),
    [
        (85, 85.0, True),
        (85, 100.0, True),
        (85, 75.0, True),
        (85, 74.0, False),
        (85, 74.5, True),
        (85, 30.0, False),
        (100, 1000.0, True),
        (12, 0.2, False),
        (11, 0.2, True),
    ],
)
def test_margin_is_measured_from_the_quality_that_would_be_made(
    own: int, asked: float, passes: bool
) -> None:
    request = ImageRequest("cam", quality_percent=asked)
    assert _passes(request, replace(COLOUR, quality=own)) is passes


@given(jpegs, st.floats(0.01, 0.9), st.floats(0.0, 100.0))
def test_other_size_is_never_the_cameras(jpeg: JpegPicture, ratio: float, quality: float) -> None:
    request = ImageRequest("cam", resize_ratio=ratio, quality_percent=quality)
    assert not _passes(request, jpeg)


@pytest.mark.parametrize("ratio", [0.0, 1.0, 0.999])
def test_ratio_that_leaves_the_size_is_full_size(ratio: float) -> None:
    assert _passes(ImageRequest("cam", resize_ratio=ratio), COLOUR)


@given(jpegs, st.sampled_from([ImageFormat.RAW, ImageFormat.RLE]), st.floats(0.0, 100.0))
def test_other_image_format_is_never_the_cameras(
    jpeg: JpegPicture, image_format: ImageFormat, quality: float
) -> None:
    request = ImageRequest("cam", image_format, GREY_PIXELS, quality_percent=quality)
    assert not _passes(request, jpeg)


@pytest.mark.parametrize(
    ("jpeg", "pixel_format", "passes"),
    [
        (COLOUR, PixelFormat.UNKNOWN, True),
        (COLOUR, RGB, True),
        (COLOUR, GREY_PIXELS, False),
        (GREY, PixelFormat.UNKNOWN, True),
        (GREY, GREY_PIXELS, True),
    ],
)
def test_pixel_format_must_be_the_cameras(
    jpeg: JpegPicture, pixel_format: PixelFormat, passes: bool
) -> None:
    assert _passes(ImageRequest("cam", pixel_format=pixel_format), jpeg) is passes


def test_grey_jpeg_is_not_passed_where_colour_was_planned() -> None:
    request = ImageRequest("cam", ImageFormat.JPEG, RGB)
    plan = _planned(request, COLOUR)
    assert passed_through(plan, request, GREY, _source(GREY)) is plan


@given(jpegs, st.floats(0.0, 100.0))
def test_jpeg_without_huffman_tables_is_encoded_again(jpeg: JpegPicture, quality: float) -> None:
    bare = replace(jpeg, has_huffman_tables=False)
    assert not _passes(ImageRequest("cam", quality_percent=quality), bare)


@given(jpegs, st.floats(0.0, 100.0))
def test_jpeg_without_quantisation_tables_is_encoded_again(
    jpeg: JpegPicture, quality: float
) -> None:
    assert not _passes(ImageRequest("cam", quality_percent=quality), replace(jpeg, quality=None))


# The same through the service.


class CountingTransform:
    """Turns pictures upside down, and counts them."""

    def __init__(self) -> None:
        self.applied = 0

    def size(self, cols: int, rows: int) -> tuple[int, int]:
        return cols, rows

    def apply(self, picture: Picture) -> Picture:
        self.applied += 1
        return Transform(180).apply(picture)


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
    def make(**fields: Any) -> House:
        source = CameraSource(ImageSource("cam", Layout.BGR8, **fields), clock)
        codec = make_codec()
        service = ImageService([source], clock, robot_clock_at(0), codec)
        return House(clock, codec, source, service, deliver)

    return make


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    return make_house()


def _data(answer: Answer) -> bytes:
    assert answer.status is Status.OK, answer.message
    assert answer.capture is not None
    data = answer.capture.image.data
    return data if isinstance(data, bytes) else bytes(data)


@pytest.mark.parametrize("jpeg", [COLOUR, GREY])
@pytest.mark.parametrize("quality", [0.0, 75.0, 90.0])
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
    house.deliver()
    assert _data(house.ask_one()) == b"jpeg 8x6 bgr8 40"
    assert _data(house.ask_one(quality_percent=20)) == b"jpeg 8x6 bgr8 20"


def test_jpeg_near_the_default_quality_passes(make_house: Callable[..., House]) -> None:
    house = make_house(default_quality=80)
    house.deliver()
    assert _data(house.ask_one()) == COLOUR.data


def test_transform_of_pixels_is_applied_once(
    make_house: Callable[..., House], make_picture: Callable[..., Any]
) -> None:
    transform = CountingTransform()
    house = make_house(transform=transform)
    picture = make_picture(Layout.BGR8)
    house.deliver(picture)
    raw = _data(house.ask_one(ImageFormat.RAW))
    assert raw == np.rot90(picture.pixels[..., ::-1], 2).tobytes()
    for quality in (10, 90):
        assert _data(house.ask_one(quality_percent=quality))
    assert transform.applied == 1


@pytest.mark.parametrize("ratio", [1.0, 0.5])
def test_transform_forces_a_transcode_and_is_applied_once(
    make_house: Callable[..., House], ratio: float
) -> None:
    house = make_house(transform=Transform(rotation=90, crop=Region(0.5, 0, 0.5, 1)))
    house.deliver()
    description = house.source.description
    assert (description.cols, description.rows) == (6, 4)
    colour = house.ask_one(resize_ratio=ratio)
    raw = house.ask_one(ImageFormat.RAW, resize_ratio=ratio)
    assert colour.capture is not None
    assert raw.capture is not None
    size = (6 * ratio, 4 * ratio)
    for answer in (colour, raw):
        assert answer.source is not None
        assert (answer.source.cols, answer.source.rows) == (6, 4)
        assert answer.capture is not None
        assert (answer.capture.image.cols, answer.capture.image.rows) == size
    assert len(_data(raw)) == size[0] * size[1] * 3
    assert house.codec.decoded == 1


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
