"""Encode a picture as planned: resize, convert pixels, pack bytes."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import numpy as np

from spot_webcam.domain.media.grayscale import to_grayscale
from spot_webcam.domain.media.image import (
    EncodedImage,
    ImageCodec,
    ImageFormat,
    Layout,
    Picture,
    PixelFormat,
    Pixels,
)
from spot_webcam.domain.media.rle import run_length_encode
from spot_webcam.domain.requests.encoding import EncodingPlan

# Byte orders of 16-bit pixels in an `ImageResponse`, as image.proto documents them.
_WIRE_DTYPES: dict[PixelFormat, np.dtype[np.uint16]] = {
    PixelFormat.DEPTH_U16: np.dtype("<u2"),
    PixelFormat.GREYSCALE_U16: np.dtype(">u2"),
}
_LAYOUTS = {PixelFormat.RGB_U8: Layout.RGB8, PixelFormat.RGBA_U8: Layout.RGBA8}

# Size and layout of a picture between the camera's and the encoded one.
Stage = tuple[int, int, Layout]


class StageCache(Protocol):
    """Keeps the pictures between a frame and its encodings."""

    def __call__(self, stage: Stage, make: Callable[[], Picture], /) -> Picture:
        """Return the picture of this size and layout; call `make` if there is none."""
        ...


def no_cache(_stage: Stage, make: Callable[[], Picture], /) -> Picture:
    """Keep nothing: a `StageCache`."""
    return make()


def encode(
    picture: Picture, plan: EncodingPlan, codec: ImageCodec, cache: StageCache = no_cache
) -> EncodedImage:
    """Return the planned encoding of a picture that the plan was made for.

    Raises:
        EncodingError: the codec failed.
    """
    size = (plan.cols, plan.rows)
    if (picture.cols, picture.rows) != size:
        picture = cache((*size, picture.layout), partial(codec.resize, picture, *size))
    if plan.pixel_format is PixelFormat.GREYSCALE_U8 and picture.layout is not Layout.GREY8:
        picture = cache((*size, Layout.GREY8), partial(to_grayscale, picture))
    if plan.is_jpeg:
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
