"""JPEGs that a camera captures: handed on as they came, where its `image_decode` shows the same."""

from collections.abc import Callable

import numpy as np

from spot_webcam.domain.errors import CorruptFrame, EncodingError
from spot_webcam.domain.media.image import Picture
from spot_webcam.domain.media.jpeg import JpegPicture, inspect_jpeg

# An eighth of the size, where another encoding changes next to nothing, and a line of text does.
_SHRINK = 8
_MAX_LEVELS = 24
# Of 255: how much red and blue have to differ on average.
_MIN_COLOUR = 3.0
_START = b"\xff\xd8\xff"

DecodeJpeg = Callable[..., Picture]


def captured_jpeg(data: object) -> JpegPicture | None:
    """Return the JPEG that was captured, alone or beside other things.

    Raises:
        CorruptFrame: it is damaged.
    """
    if isinstance(data, (tuple, list)):
        return next(filter(None, map(captured_jpeg, data)), None)
    if isinstance(data, dict):
        return captured_jpeg(list(data.values()))
    try:
        # Whatever lends its memory: bytes, an array of bytes.
        view = memoryview(data)  # type: ignore[arg-type]
        is_jpeg = view.itemsize == 1 and view.ndim == 1 and bytes(view[: len(_START)]) == _START
    except (TypeError, ValueError):
        return None
    return inspect_jpeg(bytes(view)) if is_jpeg else None


def looks_the_same(one: JpegPicture, other: JpegPicture, decode_jpeg: DecodeJpeg) -> bool:
    """Whether two JPEGs are of one picture, with nothing turned, cut off or drawn in."""
    if one.data == other.data:
        return True
    if (one.cols, one.rows, one.layout) != (other.cols, other.rows, other.layout):
        return False
    try:
        shown = [decode_jpeg(jpeg, _SHRINK).pixels.astype(np.int16) for jpeg in (one, other)]
    except (CorruptFrame, EncodingError):
        return False
    return bool(np.abs(shown[0] - shown[1]).max() <= _MAX_LEVELS)


def shows_colour(jpeg: JpegPicture, decode_jpeg: DecodeJpeg) -> bool:
    """Whether a JPEG has colours, and not only components for them.

    Raises:
        CorruptFrame, EncodingError: it cannot be decoded.
    """
    pixels = decode_jpeg(jpeg, _SHRINK).pixels.astype(np.int16)
    return pixels.ndim == 3 and float(np.abs(pixels[..., 0] - pixels[..., 2]).mean()) >= _MIN_COLOUR
