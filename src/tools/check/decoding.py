"""Decoding of pictures from an untrusted service: format, size and bytes must agree."""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from bosdyn.api import image_pb2

from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.domain.errors import CorruptFrame, EncodingError
from spot_webcam.domain.media.image import JpegPicture, Pixels
from spot_webcam.domain.media.jpeg import inspect_jpeg
from spot_webcam.tools.check.findings import image_format_name, pixel_format_name

Image = image_pb2.Image

# Channels and their type, of each pixel format: DEPTH is little-endian, GREY16 big-endian.
_PIXELS: dict[int, tuple[int, "np.dtype[Any]"]] = {
    Image.PIXEL_FORMAT_GREYSCALE_U8: (1, np.dtype("u1")),
    Image.PIXEL_FORMAT_RGB_U8: (3, np.dtype("u1")),
    Image.PIXEL_FORMAT_RGBA_U8: (4, np.dtype("u1")),
    Image.PIXEL_FORMAT_DEPTH_U16: (1, np.dtype("<u2")),
    Image.PIXEL_FORMAT_GREYSCALE_U16: (1, np.dtype(">u2")),
}

# Maximum that a service can make this computer allocate.
MAX_PIXELS = 1 << 27


class Undecodable(Exception):
    """Format, size and bytes of a picture do not agree; the text says how."""


def decoded(image: Any) -> Pixels:
    """Return `(rows, cols, channels)`, red first, of an `Image` message.

    Raises:
        Undecodable: format, size and bytes do not agree.
    """
    if image.rows < 0 or image.cols < 0:
        raise Undecodable(f"its size is reported as {image.cols}x{image.rows}")
    if image.rows * image.cols > MAX_PIXELS:
        raise Undecodable(f"nobody decodes {image.cols}x{image.rows}")
    if image.format == Image.FORMAT_JPEG:
        return _jpeg(image)
    if image.format == Image.FORMAT_RAW:
        return _raw(image)
    if image.format == Image.FORMAT_RLE:
        return _rle(image)
    raise Undecodable(f"the image format is {image_format_name(image.format)}")


def examined_jpeg(image: Any) -> JpegPicture:
    """Return the JPEG of an `Image` message, mended; its `oddities` name what was odd about it.

    Raises:
        Undecodable: it is no JPEG, damaged, or not of the reported size.
    """
    try:
        jpeg = inspect_jpeg(image.data)
    except CorruptFrame as error:
        is_cut = str(error).endswith("no end marker")
        what = "the JPEG is damaged" if is_cut else "the data is no JPEG"
        raise Undecodable(f"{what}: {error}") from error
    if (jpeg.cols, jpeg.rows) != (image.cols, image.rows):
        raise Undecodable(
            f"the JPEG is {jpeg.cols}x{jpeg.rows}, said to be {image.cols}x{image.rows}"
        )
    try:
        return _codec().examine(jpeg)[0]
    except CorruptFrame as error:
        raise Undecodable(str(error)) from error


def _jpeg(image: Any) -> Pixels:
    try:
        pixels = _codec().decode_jpeg(examined_jpeg(image)).pixels
    except EncodingError as error:
        raise Undecodable(f"the JPEG is damaged: {error}") from error
    red_first: Pixels = pixels[:, :, np.newaxis] if pixels.ndim == 2 else pixels[:, :, ::-1]
    return red_first


@lru_cache
def _codec() -> OpenCvCodec:
    return OpenCvCodec()


def _layout(image: Any) -> tuple[int, "np.dtype[Any]"]:
    layout = _PIXELS.get(image.pixel_format)
    if layout is None:
        raise Undecodable(f"the pixel format is {pixel_format_name(image.pixel_format)}")
    return layout


def _shaped(pixels: "npt.NDArray[Any]", image: Any, channels: int) -> Pixels:
    shaped = pixels.reshape(image.rows, image.cols, channels)
    native: Pixels = shaped.astype(shaped.dtype.newbyteorder("="))
    return native


def _raw(image: Any) -> Pixels:
    channels, dtype = _layout(image)
    expected = image.rows * image.cols * channels * dtype.itemsize
    if len(image.data) != expected or not expected:
        raise Undecodable(
            f"{len(image.data)} bytes, but {image.cols}x{image.rows}"
            f" {pixel_format_name(image.pixel_format)} takes {expected}"
        )
    return _shaped(np.frombuffer(image.data, dtype), image, channels)


def _rle(image: Any) -> Pixels:
    channels, dtype = _layout(image)
    run = np.dtype([("count", "u1"), ("pixel", dtype, (channels,))])
    if not image.data or len(image.data) % run.itemsize:
        raise Undecodable(f"{len(image.data)} bytes are no runs of {run.itemsize} bytes each")
    runs = np.frombuffer(image.data, run)
    pixels, expected = int(runs["count"].sum(dtype=np.int64)), image.rows * image.cols
    if pixels != expected:
        raise Undecodable(f"the runs make {pixels} pixels, not the {expected} of the size reported")
    return _shaped(np.repeat(runs["pixel"], runs["count"], axis=0), image, channels)
