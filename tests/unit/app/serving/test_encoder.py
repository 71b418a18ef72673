from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.app.serving.encoder import encode
from spot_webcam.domain.errors import EncodingError
from spot_webcam.domain.media.grayscale import to_grayscale
from spot_webcam.domain.media.image import ImageFormat, Layout, Picture, PixelFormat
from spot_webcam.domain.requests.encoding import EncodingPlan, ImageRequest, plan_encoding
from spot_webcam.domain.sources.description import ImageSource

BYTES_A_PIXEL = {
    PixelFormat.GREYSCALE_U8: 1,
    PixelFormat.RGB_U8: 3,
    PixelFormat.RGBA_U8: 4,
    PixelFormat.DEPTH_U16: 2,
    PixelFormat.GREYSCALE_U16: 2,
}


def plan_of(
    picture: Picture, image_format: ImageFormat, pixel_format: PixelFormat, quality: int = 0
) -> EncodingPlan:
    return EncodingPlan(image_format, pixel_format, picture.cols, picture.rows, quality)


def run_length_decode(data: bytes, dtype: str) -> list[int]:
    width = np.dtype(dtype).itemsize
    assert len(data) % (1 + width) == 0
    pixels: list[int] = []
    for at in range(0, len(data), 1 + width):
        value = int(np.frombuffer(data[at + 1 : at + 1 + width], dtype)[0])
        pixels += [value] * data[at]
    return pixels


@pytest.mark.parametrize(
    ("layout", "pixel_format", "order"),
    [
        (Layout.BGR8, PixelFormat.RGB_U8, [2, 1, 0]),
        (Layout.RGB8, PixelFormat.RGB_U8, [0, 1, 2]),
        (Layout.BGRA8, PixelFormat.RGB_U8, [2, 1, 0]),
        (Layout.RGBA8, PixelFormat.RGB_U8, [0, 1, 2]),
        (Layout.BGRA8, PixelFormat.RGBA_U8, [2, 1, 0, 3]),
        (Layout.RGBA8, PixelFormat.RGBA_U8, [0, 1, 2, 3]),
    ],
)
def test_raw_colour_is_red_first_and_alpha_last(
    make_picture: Callable[..., Picture],
    make_codec: Callable[[], Any],
    layout: Layout,
    pixel_format: PixelFormat,
    order: list[int],
) -> None:
    picture = make_picture(layout)
    image = encode(picture, plan_of(picture, ImageFormat.RAW, pixel_format), make_codec())
    assert image.data == picture.pixels[:, :, order].tobytes()


@pytest.mark.parametrize(
    ("layout", "pixel_format", "expected"),
    [
        (Layout.GREY16, PixelFormat.GREYSCALE_U16, bytes([0x12, 0x34, 0x00, 0xFF])),
        (Layout.DEPTH16, PixelFormat.DEPTH_U16, bytes([0x34, 0x12, 0xFF, 0x00])),
    ],
)
def test_sixteen_bit_grey_is_big_endian_and_depth_little_endian(
    make_codec: Callable[[], Any], layout: Layout, pixel_format: PixelFormat, expected: bytes
) -> None:
    picture = Picture(np.array([[0x1234, 0x00FF]], np.uint16), layout)
    plan = plan_of(picture, ImageFormat.RAW, pixel_format)
    assert encode(picture, plan, make_codec()).data == expected


@pytest.mark.parametrize(
    ("layout", "pixel_format", "dtype"),
    [
        (Layout.GREY8, PixelFormat.GREYSCALE_U8, "u1"),
        (Layout.GREY16, PixelFormat.GREYSCALE_U16, ">u2"),
        (Layout.DEPTH16, PixelFormat.DEPTH_U16, "<u2"),
    ],
)
def test_run_lengths_decode_to_the_pixels(
    make_picture: Callable[..., Picture],
    make_codec: Callable[[], Any],
    layout: Layout,
    pixel_format: PixelFormat,
    dtype: str,
) -> None:
    picture = make_picture(layout)
    image = encode(picture, plan_of(picture, ImageFormat.RLE, pixel_format), make_codec())
    assert run_length_decode(image.data, dtype) == picture.pixels.reshape(-1).tolist()


def test_run_lengths_of_a_colour_picture_are_its_grey(
    make_picture: Callable[..., Picture], make_codec: Callable[[], Any]
) -> None:
    picture = make_picture(Layout.BGR8)
    plan = plan_of(picture, ImageFormat.RLE, PixelFormat.GREYSCALE_U8)
    pixels = run_length_decode(encode(picture, plan, make_codec()).data, "u1")
    assert pixels == to_grayscale(picture).pixels.reshape(-1).tolist()


def test_grey_jpeg_is_made_of_one_channel(
    make_picture: Callable[..., Picture], make_codec: Callable[[], Any]
) -> None:
    picture, codec = make_picture(Layout.BGR8), make_codec()
    encode(picture, plan_of(picture, ImageFormat.JPEG, PixelFormat.GREYSCALE_U8, 40), codec)
    assert codec.jpegs == [(Layout.GREY8, 40)]


def test_colour_jpeg_gets_the_picture_as_it_is(
    make_picture: Callable[..., Picture], make_codec: Callable[[], Any]
) -> None:
    picture, codec = make_picture(Layout.BGR8), make_codec()
    encode(picture, plan_of(picture, ImageFormat.JPEG, PixelFormat.RGB_U8, 75), codec)
    assert codec.jpegs == [(Layout.BGR8, 75)]


def test_error_of_the_codec_reaches_the_caller(
    make_picture: Callable[..., Picture], make_codec: Callable[[], Any]
) -> None:
    picture, codec = make_picture(), make_codec()
    codec.error = EncodingError("no")
    with pytest.raises(EncodingError, match="no"):
        encode(picture, plan_of(picture, ImageFormat.JPEG, PixelFormat.RGB_U8, 75), codec)


@given(
    st.sampled_from(Layout),
    st.integers(1, 40),
    st.integers(1, 40),
    st.floats(0.0, 1.0),
    st.data(),
)
def test_everything_advertised_is_encoded_at_the_planned_size(
    make_picture: Callable[..., Picture],
    make_codec: Callable[[], Any],
    layout: Layout,
    cols: int,
    rows: int,
    ratio: float,
    data: st.DataObject,
) -> None:
    source = ImageSource("cam", layout, cols, rows)
    request = ImageRequest(
        "cam",
        data.draw(st.sampled_from(source.image_formats)),
        data.draw(st.sampled_from(source.pixel_formats)),
        resize_ratio=ratio,
    )
    plan = plan_encoding(request, source)
    assert isinstance(plan, EncodingPlan)
    image = encode(make_picture(layout, cols, rows), plan, make_codec())
    assert (image.image_format, image.pixel_format) == (request.image_format, request.pixel_format)
    assert (image.cols, image.rows) == (plan.cols, plan.rows)
    if image.image_format is ImageFormat.RAW:
        assert len(image.data) == image.cols * image.rows * BYTES_A_PIXEL[image.pixel_format]
    elif image.image_format is ImageFormat.JPEG:
        assert image.data.startswith(f"jpeg {image.cols}x{image.rows} ".encode())
    else:
        assert len(run_length_decode(image.data, "<u2")) == image.cols * image.rows
