"""Copies and comparison of pictures of any type, for decoders that modify or consume them."""

import copy
import io
from array import array
from contextlib import suppress
from typing import Any

import numpy as np

from spot_webcam.adapters.camera_interface.recorded_stream import RecordedStream, StreamRecording

_IMMUTABLE = (bytes, str, int, float, complex, type(None))


def is_stream(data: object) -> bool:
    """Report whether data have to be read."""
    return callable(getattr(data, "read", None))


def rereadable(picture: Any) -> Any:
    """Return the picture; a stream becomes one that can be read repeatedly."""
    if isinstance(picture, RecordedStream | io.BytesIO | type) or not is_stream(picture):
        return picture
    return RecordedStream(StreamRecording(picture))


def copied(picture: Any) -> Any:
    """Return a copy of a `rereadable` picture for one decoding, a stream at its beginning.

    What cannot be copied is shared by all decodings, as in the SDK's background captures.
    """
    if isinstance(picture, _IMMUTABLE):
        return picture
    if isinstance(picture, RecordedStream):
        return picture.rewound()
    outcome = picture
    with suppress(Exception):
        if type(picture) in (list, tuple):
            outcome = type(picture)(map(copied, picture))
        elif type(picture) is dict:
            outcome = {key: copied(value) for key, value in picture.items()}
        elif isinstance(picture, io.BytesIO | bytearray | array):
            outcome = copy.copy(picture)
        elif callable(getattr(picture, "copy", None)):  # arrays, and images of Pillow
            # The copy of an image file that Pillow opened is of another class.
            duplicate = picture.copy()
            outcome = duplicate if type(duplicate) is type(picture) else picture
    return outcome


def is_same(first: Any, second: Any) -> bool:
    """Report whether two pictures are equal, as far as that shows without decoding them."""
    if first is second:
        return True
    if type(first) is not type(second):
        return False
    if isinstance(first, np.ndarray):
        return bool(np.array_equal(first, second))
    if isinstance(first, io.BytesIO):
        return first.getvalue() == bytes(second.getvalue())
    return isinstance(first, (*_IMMUTABLE, bytearray)) and bool(first == second)
