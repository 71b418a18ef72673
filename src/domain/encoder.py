"""The work of an encoding: size, then pixels, then bytes."""

import numpy as np

from spot_webcam.domain.encoding import EncodingPlan
from spot_webcam.domain.grayscale import to_grayscale
from spot_webcam.domain.image import EncodedImage, ImageFormat, Layout, Picture, PixelFormat, Pixels
from spot_webcam.domain.ports import ImageCodec
from spot_webcam.domain.run_length import run_length_encode

# Byte orders of 16-bit pixels on the wire, as image.proto has them.
_WIRE_DTYPES: dict[PixelFormat, np.dtype[np.uint16]] = {
    PixelFormat.DEPTH_U16: np.dtype("<u2"),
    PixelFormat.GREYSCALE_U16: np.dtype(">u2"),
}
_LAYOUTS = {PixelFormat.RGB_U8: Layout.RGB8, PixelFormat.RGBA_U8: Layout.RGBA8}


def encode(picture: Picture, plan: EncodingPlan, codec: ImageCodec) -> EncodedImage:
    """Make the planned encoding of a picture that the plan was made for.

    Raises:
        EncodingError: the codec failed.
    """
    if (picture.cols, picture.rows) != (plan.cols, plan.rows):
        picture = codec.resize(picture, plan.cols, plan.rows)
    if plan.pixel_format is PixelFormat.GREYSCALE_U8 and picture.layout is not Layout.GREY8:
        picture = to_grayscale(picture)
    if plan.image_format is ImageFormat.JPEG:
        data = codec.encode_jpeg(picture, plan.quality)
    else:
        data = _raw_or_rle(picture, plan, codec)
    return EncodedImage(data, plan.image_format, plan.pixel_format, plan.cols, plan.rows)


def _raw_or_rle(picture: Picture, plan: EncodingPlan, codec: ImageCodec) -> bytes:
    layout = _LAYOUTS.get(plan.pixel_format, picture.layout)
    if layout is not picture.layout:
        picture = codec.reorder(picture, layout)
    pixels: Pixels = picture.pixels
    wire_dtype = _WIRE_DTYPES.get(plan.pixel_format)
    if wire_dtype is not None:
        pixels = pixels.astype(wire_dtype, copy=False)
    if plan.image_format is ImageFormat.RLE:
        return run_length_encode(pixels)
    return pixels.tobytes()
