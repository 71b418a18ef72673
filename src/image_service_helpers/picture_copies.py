"""Pictures of whatever form, for decodings that may change or consume what they are given."""

import copy
import io
from array import array
from contextlib import suppress
from typing import Any

import numpy as np

from spot_webcam.image_service_helpers.replay import Recording, Replay

_PLAIN = (bytes, str, int, float, complex, type(None))


def rereadable(image: Any) -> Any:
    """Return the picture, a stream that is read once as one that can be read again."""
    if isinstance(image, Replay | io.BytesIO | type):
        return image
    is_read = isinstance(image, io.IOBase) or callable(getattr(image, "read", None))
    return Replay(Recording(image)) if is_read else image


def copied(image: Any) -> Any:
    """Return one decoding's own copy of a `rereadable` picture, a stream at its beginning.

    What cannot be copied is the same for all, as it is with the SDK's background.
    """
    if isinstance(image, _PLAIN):
        return image
    if isinstance(image, Replay):
        return image.again()
    outcome = image
    with suppress(Exception):
        if type(image) in (list, tuple):
            outcome = type(image)(copied(one) for one in image)
        elif type(image) is dict:
            outcome = {key: copied(one) for key, one in image.items()}
        elif isinstance(image, io.BytesIO | bytearray | array):
            outcome = copy.copy(image)
        elif callable(getattr(image, "copy", None)):  # arrays, and images of Pillow
            its_copy = image.copy()  # one of a file, as Pillow opened it, is no such file any more
            outcome = its_copy if type(its_copy) is type(image) else image
    return outcome


def is_same(one: Any, other: Any) -> bool:
    """Whether two pictures are one, as far as can be told without decoding them."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return bool(np.array_equal(one, other))
    if isinstance(one, io.BytesIO):
        return one.getvalue() == bytes(other.getvalue())
    return isinstance(one, (*_PLAIN, bytearray)) and bool(one == other)
