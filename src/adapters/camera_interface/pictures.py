"""What `image_decode` wrote, as a picture of ours."""

import numpy as np
import numpy.typing as npt
from bosdyn.api import image_pb2

from spot_webcam.domain.errors import CorruptFrame
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture, inspect_jpeg

_Image = image_pb2.Image

LAYOUTS: dict[int, Layout] = {
    _Image.PIXEL_FORMAT_GREYSCALE_U8: Layout.GREY8,
    _Image.PIXEL_FORMAT_RGB_U8: Layout.RGB8,
    _Image.PIXEL_FORMAT_RGBA_U8: Layout.RGBA8,
    _Image.PIXEL_FORMAT_DEPTH_U16: Layout.DEPTH16,
    _Image.PIXEL_FORMAT_GREYSCALE_U16: Layout.GREY16,
}
# As image.proto has it: depth is little-endian, grey big-endian.
_BYTES_OF = {Layout.DEPTH16: np.dtype("<u2"), Layout.GREY16: np.dtype(">u2")}


def jpeg_picture(image: image_pb2.Image) -> JpegPicture:
    """Return the JPEG that was written.

    Raises:
        CorruptFrame: it is none.
    """
    return inspect_jpeg(image.data)


def raw_picture(image: image_pb2.Image, data: object, presumed: int) -> Picture:
    """Return the pixels that were written.

    A camera that does not say which they are is taken to have written those that are `presumed`,
    if any are; else one or three bytes a pixel are grey or red, green and blue, and four are
    taken for a picture only where the captured `data` are an array of bytes: temperatures and
    distances are numbers of two or four bytes. One that does not say its size is taken at its
    source's, or at that of the captured array.

    Raises:
        CorruptFrame: the data are no picture of that size, or of nobody knows what.
    """
    if image.format not in (_Image.FORMAT_RAW, _Image.FORMAT_UNKNOWN):
        raise CorruptFrame(f"image_decode wrote {_Image.Format.Name(image.format)}, not RAW")
    for rows, cols in _sizes(image, data):
        layout = LAYOUTS.get(image.pixel_format) or _layout(presumed, image, data, rows * cols)
        if layout is not None and len(image.data) == rows * cols * _pixel_bytes(layout):
            return Picture(_pixels(image.data, rows, cols, layout), layout)
    size = f"{image.cols}x{image.rows}"
    if image.pixel_format == _Image.PIXEL_FORMAT_UNKNOWN:
        raise CorruptFrame(
            f"image_decode wrote {len(image.data)} bytes for {size} and did not say what they are:"
            " it must set image_proto.pixel_format"
        )
    raise CorruptFrame(
        f"image_decode wrote {len(image.data)} bytes of pixel format"
        f" {_pixel_format(image.pixel_format)}, which do not fill {size}"
    )


def _sizes(image: image_pb2.Image, data: object) -> list[tuple[int, int]]:
    sizes = [(image.rows, image.cols)]
    if isinstance(data, np.ndarray) and data.ndim >= 2:
        sizes.append((int(data.shape[0]), int(data.shape[1])))
    return [(rows, cols) for rows, cols in sizes if rows > 0 and cols > 0]


def _layout(presumed: int, image: image_pb2.Image, data: object, pixels: int) -> Layout | None:
    if image.pixel_format != _Image.PIXEL_FORMAT_UNKNOWN:
        return None
    if presumed in LAYOUTS:
        return LAYOUTS[presumed]
    by_bytes = {1: Layout.GREY8, 3: Layout.RGB8}
    if isinstance(data, np.ndarray):
        if data.dtype == np.uint8:
            by_bytes[4] = Layout.RGBA8
        elif data.nbytes == len(image.data):  # its numbers, whatever they count
            return None
    return by_bytes.get(len(image.data) // pixels)


def _pixel_bytes(layout: Layout) -> int:
    return layout.channels * layout.bits // 8


def _pixels(
    data: bytes, rows: int, cols: int, layout: Layout
) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
    if layout.bits == 16:
        given = np.frombuffer(data, _BYTES_OF[layout])
        return given.astype(np.uint16, copy=False).reshape(rows, cols)
    shape = (rows, cols) if layout.channels == 1 else (rows, cols, layout.channels)
    return np.frombuffer(data, np.uint8).reshape(shape)


def _pixel_format(number: int) -> str:
    names = _Image.PixelFormat
    return str(names.Name(number)) if number in names.values() else f"number {number}"
