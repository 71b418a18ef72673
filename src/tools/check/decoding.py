"""Decoding of pictures from an untrusted service: format, size and bytes must agree."""

from typing import Any

import numpy as np
import numpy.typing as npt
import simplejpeg
from bosdyn.api import image_pb2

from spot_webcam.domain.media.image import Pixels
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


def _jpeg(image: Any) -> Pixels:
    try:
        rows, cols, colourspace, _ = simplejpeg.decode_jpeg_header(image.data, strict=False)
    except (KeyError, ValueError) as error:  # KeyError: a truncated header
        raise Undecodable(f"the data is no JPEG: {error}") from error
    if (cols, rows) != (image.cols, image.rows):
        raise Undecodable(f"the JPEG is {cols}x{rows}, said to be {image.cols}x{image.rows}")
    wanted = "GRAY" if colourspace.upper() == "GRAY" else "RGB"
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(image.data, wanted, strict=True)
    except ValueError as error:
        # Some bytes of padding before a marker: harmless, webcams of many makes do it.
        if "extraneous bytes" not in str(error):
            raise Undecodable(f"the JPEG is damaged: {error}") from error
        pixels = simplejpeg.decode_jpeg(image.data, wanted, strict=False)
    return pixels


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
