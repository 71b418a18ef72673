"""Pixels that `image_decode` wrote, as a `Picture`."""

import numpy as np
from bosdyn.api import image_pb2

from spot_webcam.domain.errors import CorruptFrame
from spot_webcam.domain.media.image import Layout, Picture

_Image = image_pb2.Image
_UNKNOWN = _Image.PIXEL_FORMAT_UNKNOWN

LAYOUTS: dict[int, Layout] = {
    _Image.PIXEL_FORMAT_GREYSCALE_U8: Layout.GREY8,
    _Image.PIXEL_FORMAT_RGB_U8: Layout.RGB8,
    _Image.PIXEL_FORMAT_RGBA_U8: Layout.RGBA8,
    _Image.PIXEL_FORMAT_DEPTH_U16: Layout.DEPTH16,
    _Image.PIXEL_FORMAT_GREYSCALE_U16: Layout.GREY16,
}
# Byte orders of image.proto.
_BYTE_ORDERS = {Layout.DEPTH16: np.dtype("<u2"), Layout.GREY16: np.dtype(">u2")}


def raw_picture(image: image_pb2.Image, data: object, presumed_format: int) -> Picture:
    """Return the pixels of an image that was decoded from captured `data`.

    Pixels without a named format have the presumed format, if known. Otherwise one or three bytes
    per pixel are grey or RGB, and four are RGBA only if `data` is an array of bytes: temperatures
    and distances are numbers of two or four bytes. The size is that of the image, or of the array.

    Raises:
        CorruptFrame: the data do not fill that size, or their format is unknown.
    """
    if image.format not in (_Image.FORMAT_RAW, _Image.FORMAT_UNKNOWN):
        raise CorruptFrame(f"image_decode wrote {_Image.Format.Name(image.format)}, not RAW")
    sizes = [(image.rows, image.cols)]
    if isinstance(data, np.ndarray) and data.ndim >= 2:
        sizes.append((int(data.shape[0]), int(data.shape[1])))
    for rows, cols in sizes:
        if rows <= 0 or cols <= 0:
            continue
        layout = LAYOUTS.get(image.pixel_format)
        if image.pixel_format == _UNKNOWN:
            layout = LAYOUTS.get(presumed_format) or _guessed_layout(image, data, rows * cols)
        if layout is not None and len(image.data) == rows * cols * _pixel_bytes(layout):
            return _picture(image.data, rows, cols, layout)
    size = f"{image.cols}x{image.rows}"
    if image.pixel_format == _UNKNOWN:
        raise CorruptFrame(
            f"image_decode wrote {len(image.data)} bytes for {size} of unknown pixel format:"
            " it must set image_proto.pixel_format"
        )
    names = _Image.PixelFormat
    number = image.pixel_format
    name = names.Name(number) if number in names.values() else f"number {number}"
    raise CorruptFrame(
        f"image_decode wrote {len(image.data)} bytes of pixel format {name}, which do not fill"
        f" {size}"
    )


def _guessed_layout(image: image_pb2.Image, data: object, pixels: int) -> Layout | None:
    by_bytes = {1: Layout.GREY8, 3: Layout.RGB8}
    if isinstance(data, np.ndarray):
        if data.dtype == np.uint8:
            by_bytes[4] = Layout.RGBA8
        elif data.nbytes == len(image.data):  # the captured numbers, of unknown meaning
            return None
    return by_bytes.get(len(image.data) // pixels)


def _pixel_bytes(layout: Layout) -> int:
    return layout.channels * layout.bits // 8


def _picture(data: bytes, rows: int, cols: int, layout: Layout) -> Picture:
    if layout.bits == 16:
        numbers = np.frombuffer(data, _BYTE_ORDERS[layout])
        return Picture(numbers.astype(np.uint16, copy=False).reshape(rows, cols), layout)
    shape = (rows, cols) if layout.channels == 1 else (rows, cols, layout.channels)
    return Picture(np.frombuffer(data, np.uint8).reshape(shape), layout)
