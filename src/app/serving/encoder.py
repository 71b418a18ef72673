"""The work of an encoding: size, then pixels, then bytes."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from spot_webcam.domain.media.grayscale import to_grayscale
from spot_webcam.domain.media.image import (
    EncodedImage,
    ImageFormat,
    Layout,
    Picture,
    PixelFormat,
    Pixels,
)
from spot_webcam.domain.media.rle import run_length_encode
from spot_webcam.domain.ports import ImageCodec
from spot_webcam.domain.requests.encoding import EncodingPlan

# Byte orders of 16-bit pixels on the wire, as image.proto has them.
_WIRE_DTYPES: dict[PixelFormat, np.dtype[np.uint16]] = {
    PixelFormat.DEPTH_U16: np.dtype("<u2"),
    PixelFormat.GREYSCALE_U16: np.dtype(">u2"),
}
_LAYOUTS = {PixelFormat.RGB_U8: Layout.RGB8, PixelFormat.RGBA_U8: Layout.RGBA8}


class Once(Protocol):
    """Keeps what lies between a picture and its encodings."""

    def __call__(
        self, cols: int, rows: int, layout: Layout, make: Callable[[], Picture], /
    ) -> Picture:
        """Return the picture in this size and layout; make it if it is not there."""
        ...


def each_time(_cols: int, _rows: int, _layout: Layout, make: Callable[[], Picture], /) -> Picture:
    """Keep nothing; a `Once` that is none."""
    return make()


def encode(
    picture: Picture, plan: EncodingPlan, codec: ImageCodec, once: Once = each_time
) -> EncodedImage:
    """Make the planned encoding of a picture that the plan was made for.

    Raises:
        EncodingError: the codec failed.
    """
    size = (plan.cols, plan.rows)
    if (picture.cols, picture.rows) != size:
        whole = picture
        picture = once(*size, whole.layout, lambda: codec.resize(whole, *size))
    if plan.pixel_format is PixelFormat.GREYSCALE_U8 and picture.layout is not Layout.GREY8:
        coloured = picture
        picture = once(*size, Layout.GREY8, lambda: to_grayscale(coloured))
    if plan.image_format is ImageFormat.JPEG:
        data: bytes | memoryview = codec.encode_jpeg(picture, plan.quality)
    else:
        data = _raw_or_rle(picture, plan, codec)
    return EncodedImage(data, plan.image_format, plan.pixel_format, plan.cols, plan.rows)


def _raw_or_rle(picture: Picture, plan: EncodingPlan, codec: ImageCodec) -> bytes | memoryview:
    layout = _LAYOUTS.get(plan.pixel_format, picture.layout)
    if layout is not picture.layout:
        picture = codec.reorder(picture, layout)
    pixels: Pixels = picture.pixels
    wire_dtype = _WIRE_DTYPES.get(plan.pixel_format)
    if wire_dtype is not None:
        pixels = pixels.astype(wire_dtype, copy=False)
    if plan.image_format is ImageFormat.RLE:
        return run_length_encode(pixels)
    return pixels.reshape(-1).view(np.uint8).data
