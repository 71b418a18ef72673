"""Shot: one capture whose image only its camera can decode."""

import math
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from spot_webcam.adapters.camera_interface.picture_copies import copied, rereadable
from spot_webcam.app.capture.single_flight import SingleFlightCache

# Decodings kept of one shot; further ones are made for each request.
MAX_DECODINGS = 16


class Decoding(NamedTuple):
    """A shot decoded for a request: an `Image` and its `CaptureParameters`."""

    status: int
    image: Any
    parameters: Any


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """Result of a capture, and its decodings.

    `timestamp` is the camera's, in seconds of the host's wall clock. `taken_ns` is the end of the
    capture on the monotonic clock, which the age is computed from.
    """

    image: Any
    timestamp: float
    taken_ns: int
    custom_params: Any = None
    is_background: bool = False
    decodings: "SingleFlightCache[bytes, Future[Decoding]]" = field(
        default_factory=lambda: SingleFlightCache(MAX_DECODINGS)
    )
    _rereadable: Any = field(init=False, repr=False)
    # Images of Pillow read their file when they are first copied.
    _copying: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Record what is read from a stream, for further decodings."""
        object.__setattr__(self, "_rereadable", rereadable(self.image))

    def decoder_input(self) -> Any:
        """Return a copy of the image, which one decoding may modify or consume."""
        with self._copying:
            return copied(self._rereadable)


class PendingShot(NamedTuple):
    """A shot that was requested: `get` waits for it, for a timeout, or raises `CameraError`."""

    get: Callable[[float], Shot]
    is_background: bool


def checked(captured: Any) -> tuple[Any, float]:
    """Return image and timestamp from the result of a capture function.

    Raises:
        ValueError: the result is invalid.
    """
    try:
        image, timestamp = captured
    except (TypeError, ValueError):
        raise ValueError("blocking_capture must return a picture and its time") from None
    if image is None or timestamp is None:
        raise ValueError("blocking_capture returned no picture, or no time")
    if not math.isfinite(timestamp):
        raise ValueError(f"blocking_capture returned {timestamp} for a time")
    return image, timestamp
