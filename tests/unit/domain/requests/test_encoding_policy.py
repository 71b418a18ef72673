import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.media.image import ImageFormat, Layout, PixelFormat
from spot_webcam.domain.requests.encoding import (
    DEFAULT_QUALITY,
    MIN_RATIO,
    ONE_CHANNEL,
    EncodingPlan,
    ImageRequest,
    Refusal,
    plan_encoding,
)
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource

KNOWN_IMAGE_FORMATS = [one for one in ImageFormat if one is not ImageFormat.UNKNOWN]
KNOWN_PIXEL_FORMATS = [one for one in PixelFormat if one is not PixelFormat.UNKNOWN]
WIDE_LAYOUTS = [layout for layout in Layout if layout.bits == 16]
COLOUR = ImageSource("cam", Layout.BGR8, 640, 480)

any_number = st.integers(-(2**31), 2**31 - 1) | st.sampled_from([0, 1, 2, 3, 4, 5, 6])
any_float = st.floats(allow_nan=True, allow_infinity=True)
sources = st.builds(
    ImageSource,
    st.just("cam"),
    st.sampled_from(Layout),
    st.integers(0, 8192),
    st.integers(0, 8192),
)
requests = st.builds(
    ImageRequest,
    st.just("cam"),
    any_number,
    any_number,
    st.lists(any_number, max_size=4).map(tuple),
    any_float,
    any_float,
    st.dictionaries(
        st.text(max_size=5), st.integers() | any_float | st.booleans() | st.text(), max_size=2
    ),
)


def planned(request: ImageRequest, source: ImageSource = COLOUR) -> EncodingPlan:
    plan = plan_encoding(request, source)
    assert isinstance(plan, EncodingPlan), plan
    return plan


def refused(request: ImageRequest, source: ImageSource = COLOUR) -> Refusal:
    refusal = plan_encoding(request, source)
    assert isinstance(refusal, Refusal), refusal
    return refusal


@pytest.mark.parametrize("layout", Layout)
def test_everything_advertised_is_planned(layout: Layout) -> None:
    source = ImageSource("cam", layout, 640, 480)
    for image_format, pixel_format in product(source.image_formats, source.pixel_formats):
        plan = planned(ImageRequest("cam", image_format, pixel_format), source)
        assert (plan.image_format, plan.pixel_format) == (image_format, pixel_format)
        assert (plan.cols, plan.rows) == (640, 480)


@pytest.mark.parametrize("layout", Layout)
def test_nothing_else_is_planned_but_run_lengths_of_one_channel(layout: Layout) -> None:
    source = ImageSource("cam", layout, 640, 480)
    for image_format, pixel_format in product(KNOWN_IMAGE_FORMATS, KNOWN_PIXEL_FORMATS):
        plan = plan_encoding(ImageRequest("cam", image_format, pixel_format), source)
        run_lengths = image_format is ImageFormat.RLE and pixel_format in ONE_CHANNEL
        served = pixel_format in source.pixel_formats and (
            image_format in source.image_formats or run_lengths
        )
        assert isinstance(plan, EncodingPlan) == served


@pytest.mark.parametrize("layout", WIDE_LAYOUTS)
def test_jpeg_of_sixteen_bits_is_refused_as_an_image_format(layout: Layout) -> None:
    source = ImageSource("cam", layout, 640, 480)
    for pixel_format in PixelFormat:
        refusal = refused(ImageRequest("cam", ImageFormat.JPEG, pixel_format), source)
        assert refusal.status is Status.UNSUPPORTED_IMAGE_FORMAT_REQUESTED
        assert "JPEG" in refusal.message
        assert "RAW" in refusal.message


@pytest.mark.parametrize("layout", Layout)
def test_open_request_gets_the_first_of_what_is_advertised(layout: Layout) -> None:
    source = ImageSource("cam", layout, 640, 480)
    plan = planned(ImageRequest("cam"), source)
    assert plan.image_format is source.image_formats[0]
    assert plan.pixel_format is source.pixel_formats[0]


@pytest.mark.parametrize("layout", Layout)
def test_run_lengths_of_no_named_pixels_are_of_one_channel(layout: Layout) -> None:
    source = ImageSource("cam", layout, 640, 480)
    plan = planned(ImageRequest("cam", ImageFormat.RLE), source)
    assert plan.image_format is ImageFormat.RLE
    assert plan.pixel_format in ONE_CHANNEL


@pytest.mark.parametrize(
    ("layout", "pixel_format"),
    [(Layout.BGR8, PixelFormat.RGB_U8), (Layout.BGRA8, PixelFormat.RGBA_U8)],
)
def test_run_lengths_of_colour_are_refused_as_an_image_format(
    layout: Layout, pixel_format: PixelFormat
) -> None:
    source = ImageSource("cam", layout, 640, 480)
    refusal = refused(ImageRequest("cam", ImageFormat.RLE, pixel_format), source)
    assert refusal.status is Status.UNSUPPORTED_IMAGE_FORMAT_REQUESTED
    assert pixel_format.name in refusal.message


def test_valid_pixel_format_wins_over_the_fallbacks() -> None:
    request = ImageRequest(
        "cam",
        pixel_format=PixelFormat.GREYSCALE_U8,
        fallback_formats=(PixelFormat.RGB_U8,),
    )
    assert planned(request).pixel_format is PixelFormat.GREYSCALE_U8


def test_first_valid_fallback_is_taken() -> None:
    request = ImageRequest(
        "cam",
        pixel_format=PixelFormat.DEPTH_U16,
        fallback_formats=(
            99,
            PixelFormat.RGBA_U8,
            PixelFormat.GREYSCALE_U8,
            PixelFormat.RGB_U8,
        ),
    )
    assert planned(request).pixel_format is PixelFormat.GREYSCALE_U8


def test_fallbacks_do_not_stand_in_where_no_pixel_format_was_asked_for() -> None:
    request = ImageRequest("cam", fallback_formats=(PixelFormat.GREYSCALE_U8,))
    assert planned(request).pixel_format is PixelFormat.RGB_U8


def test_no_valid_fallback_is_a_refusal_that_says_what_there_is() -> None:
    request = ImageRequest(
        "cam", pixel_format=PixelFormat.DEPTH_U16, fallback_formats=(PixelFormat.UNKNOWN, 77)
    )
    refusal = refused(request)
    assert refusal.status is Status.UNSUPPORTED_PIXEL_FORMAT_REQUESTED
    assert "DEPTH_U16" in refusal.message
    assert "RGB_U8, GREYSCALE_U8" in refusal.message


@pytest.mark.parametrize(
    ("percent", "quality"),
    [
        (0.0, DEFAULT_QUALITY),
        (-0.0, DEFAULT_QUALITY),
        (-1.0, DEFAULT_QUALITY),
        (-math.inf, DEFAULT_QUALITY),
        (math.nan, DEFAULT_QUALITY),
        (0.2, 1),
        (1.0, 1),
        (49.5, 50),
        (100.0, 100),
        (100.4, 100),
        (1e30, 100),
        (math.inf, 100),
    ],
)
def test_quality_is_taken_as_it_is_meant(percent: float, quality: int) -> None:
    assert planned(ImageRequest("cam", quality_percent=percent)).quality == quality


@given(any_float)
def test_quality_of_jpeg_is_always_one_to_a_hundred(percent: float) -> None:
    assert 1 <= planned(ImageRequest("cam", quality_percent=percent)).quality <= 100


@given(any_float)
def test_quality_tells_no_raw_pictures_apart(percent: float) -> None:
    plan = planned(ImageRequest("cam", ImageFormat.RAW, quality_percent=percent))
    assert plan.quality == 0


@pytest.mark.parametrize("ratio", [0.0, -0.0, 1.0])
def test_no_ratio_is_the_full_size(ratio: float) -> None:
    plan = planned(ImageRequest("cam", resize_ratio=ratio))
    assert (plan.cols, plan.rows) == (640, 480)


@pytest.mark.parametrize(
    "ratio", [math.nan, math.inf, -math.inf, -0.5, -5e-324, 1.0000001, 2.0, 1e308]
)
def test_ratio_that_is_none_is_refused(ratio: float) -> None:
    refusal = refused(ImageRequest("cam", resize_ratio=ratio))
    assert refusal.status is Status.UNSUPPORTED_RESIZE_RATIO_REQUESTED
    assert "resize_ratio" in refusal.message


@pytest.mark.parametrize("ratio", [5e-324, 1e-9, 0.009999, MIN_RATIO])
def test_ratio_is_a_hundredth_at_least(ratio: float) -> None:
    plan = planned(ImageRequest("cam", resize_ratio=ratio))
    assert (plan.cols, plan.rows) == (6, 5)


@given(st.integers(1, 10_000), st.integers(1, 10_000), st.floats(0.0, 1.0))
def test_size_is_never_nothing_and_never_more(cols: int, rows: int, ratio: float) -> None:
    plan = planned(
        ImageRequest("cam", resize_ratio=ratio), ImageSource("cam", Layout.BGR8, cols, rows)
    )
    assert 1 <= plan.cols <= cols
    assert 1 <= plan.rows <= rows


@given(st.integers(50, 10_000), st.integers(50, 10_000), st.floats(MIN_RATIO, 1.0))
def test_aspect_is_kept_to_the_pixel(cols: int, rows: int, ratio: float) -> None:
    plan = planned(
        ImageRequest("cam", resize_ratio=ratio), ImageSource("cam", Layout.BGR8, cols, rows)
    )
    assert abs(plan.cols - cols * ratio) <= 0.5001
    assert abs(plan.rows - rows * ratio) <= 0.5001


def test_custom_parameters_are_refused_by_name() -> None:
    refusal = refused(ImageRequest("cam", custom_params={"zoom": 1, "focus": 2}))
    assert refusal.status is Status.CUSTOM_PARAMS_ERROR
    assert refusal.message == "cam: there is no parameter 'zoom'; there are: none"


@given(st.integers(-(2**31), 2**31 - 1).filter(lambda number: number not in set(ImageFormat)))
def test_unknown_image_format_is_refused_by_its_number(number: int) -> None:
    refusal = refused(ImageRequest("cam", image_format=number))
    assert refusal.status is Status.UNSUPPORTED_IMAGE_FORMAT_REQUESTED
    assert f"number {number}" in refusal.message


@given(st.integers(-(2**31), 2**31 - 1).filter(lambda number: number not in set(PixelFormat)))
def test_unknown_pixel_format_is_refused_by_its_number(number: int) -> None:
    refusal = refused(ImageRequest("cam", pixel_format=number))
    assert refusal.status is Status.UNSUPPORTED_PIXEL_FORMAT_REQUESTED
    assert f"number {number}" in refusal.message


@given(requests, sources)
def test_any_request_is_planned_or_refused_and_never_raises(
    request: ImageRequest, source: ImageSource
) -> None:
    outcome = plan_encoding(request, source)
    if isinstance(outcome, Refusal):
        assert outcome.status not in {Status.OK, Status.IMAGE_DATA_ERROR, Status.SOURCE_DATA_ERROR}
        assert outcome.message
        return
    assert outcome.image_format in {*source.image_formats, ImageFormat.RLE}
    assert outcome.pixel_format in source.pixel_formats
    assert outcome.cols >= 1
    assert outcome.rows >= 1
    assert (outcome.quality > 0) == (outcome.image_format is ImageFormat.JPEG)
