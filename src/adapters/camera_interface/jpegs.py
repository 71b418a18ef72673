"""JPEGs of a camera: found in a capture, and compared with what its `image_decode` writes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from spot_webcam.domain.errors import CorruptFrame, EncodingError
from spot_webcam.domain.media.image import Picture, Pixels
from spot_webcam.domain.media.jpeg import JpegPicture, inspect_jpeg

DecodeJpeg = Callable[..., Picture]

# Minimum mean difference of red and blue, of 255, of a picture that has colours.
MIN_COLOUR = 3.0
# At an eighth of the size, re-encoding changes next to nothing, and a line of text is visible.
_SHRINK = 8
_MAX_DIFFERENCE = 24
_START = b"\xff\xd8\xff"


def captured_jpeg(data: Any) -> JpegPicture | None:
    """Return the first JPEG in captured data, which may be a list, tuple or dict.

    Raises:
        CorruptFrame: the JPEG is damaged.
    """
    if isinstance(data, dict):
        data = list(data.values())
    if isinstance(data, (tuple, list)):
        return next(filter(None, map(captured_jpeg, data)), None)
    try:
        view = memoryview(data)  # of bytes, or of an array of bytes
        is_jpeg = view.itemsize == 1 and view.ndim == 1 and bytes(view[: len(_START)]) == _START
    except (TypeError, ValueError):
        return None
    return inspect_jpeg(bytes(view)) if is_jpeg else None


def looks_the_same(first: JpegPicture, second: JpegPicture, decode_jpeg: DecodeJpeg) -> bool:
    """Report whether two JPEGs show one picture: not turned, cropped or drawn into."""
    if first.data == second.data:
        return True
    if (first.cols, first.rows, first.layout) != (second.cols, second.rows, second.layout):
        return False
    try:
        shown = [decode_jpeg(jpeg, _SHRINK).pixels.astype(np.int16) for jpeg in (first, second)]
    except (CorruptFrame, EncodingError):
        return False
    return bool(np.abs(shown[0] - shown[1]).max() <= _MAX_DIFFERENCE)


def shows_colour(jpeg: JpegPicture, decode_jpeg: DecodeJpeg) -> bool:
    """Report whether a JPEG shows colours, and does not merely have components for them.

    Raises:
        CorruptFrame, EncodingError: the JPEG cannot be decoded.
    """
    pixels = decode_jpeg(jpeg, _SHRINK).pixels
    return pixels.ndim == 3 and float(np.abs(outer_difference(pixels)).mean()) >= MIN_COLOUR


def outer_difference(pixels: Pixels) -> "np.ndarray[tuple[int, ...], np.dtype[np.int16]]":
    """Return the first channel minus the third: red minus blue, or the reverse."""
    return pixels[..., 0].astype(np.int16) - pixels[..., 2].astype(np.int16)
