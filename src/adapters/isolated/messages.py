"""What the two processes say to each other: pickles, of this package's values only.

A decoder that was taken over by what the network sent it must not get any further by them.
"""

import io
import pickle
from dataclasses import dataclass

from spot_webcam.domain import errors
from spot_webcam.domain.errors import CameraError, NoData
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.media.jpeg import JpegPicture

# The longest is a camera's list of controls, of some 10 kB.
MAX_BYTES = 1 << 17

_MODULES = ("spot_webcam.domain.", "spot_webcam.adapters.isolated.")


@dataclass(frozen=True, slots=True)
class Request:
    """A call of a method of the camera; numbers rise."""

    number: int
    method: str
    argument: object = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of the request of that number."""

    number: int
    outcome: object


@dataclass(frozen=True, slots=True)
class Grabbed:
    """What a `grab` told; nanoseconds."""

    device_timestamp_ns: int | None
    stream_ns: int | None


@dataclass(frozen=True, slots=True)
class PixelsAt:
    """Pixels that lie in a slot of the shared memory."""

    slot: int
    rows: int
    cols: int
    layout: Layout


@dataclass(frozen=True, slots=True)
class JpegAt:
    """A JPEG whose bytes lie in a slot of the shared memory; `picture` has none."""

    slot: int
    length: int
    picture: JpegPicture


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        if module.startswith(_MODULES) and "." not in name:
            found: object = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is none of ours")


def encode(message: Request | Reply) -> bytes:
    """Return the bytes of a message."""
    return pickle.dumps(message, pickle.HIGHEST_PROTOCOL)


def decode(data: bytes) -> object:
    """Return the message.

    Raises:
        ValueError: it is none.
    """
    try:
        return _Unpickler(io.BytesIO(data)).load()
    except Exception as error:
        raise ValueError(f"no message: {error}") from error


def portable(error: Exception) -> CameraError:
    """Return the error as one of the domain's tree, with the same text."""
    for one in type(error).__mro__:
        if issubclass(one, CameraError) and one.__module__ == errors.__name__:
            return one(str(error))
    return NoData(f"unexpected {type(error).__name__}: {error}")
