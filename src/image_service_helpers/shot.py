"""One capture of a camera whose pictures are of a form that only it knows."""

import math
import statistics
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from spot_webcam.adapters.camera_interface.picture_copies import copied, rereadable
from spot_webcam.app.capture.single_flight import SingleFlightCache
from spot_webcam.domain.health.staleness import (
    MAX_LIMIT_S,
    MIN_LIMIT_S,
    REMEMBERED_INTERVALS,
    STALE_PERIODS,
)

# Decodings kept of one shot; whoever asks for yet another one gets it made just for them.
MAX_DECODINGS = 16
# Fewer intervals than this tell no period: until then a picture may be as old as a camera may take
# to start. The first pictures of many come at once, from a buffer.
MIN_INTERVALS = 3
STARTING_GRACE_S = 10.0


class Decoding(NamedTuple):
    """What a request gets of a shot; `image` and `parameters` are the API's messages."""

    status: int
    image: Any
    parameters: Any


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """What `blocking_capture` returned, and what was made of it.

    `timestamp` is the camera's own, in seconds of the host's wall clock; `taken_ns` is when it
    was there, on the monotonic clock, from which its age is told.
    """

    image: Any
    timestamp: float
    taken_ns: int
    custom_params: Any = None
    of_background: bool = False
    decodings: "SingleFlightCache[bytes, Future[Decoding]]" = field(
        default_factory=lambda: SingleFlightCache(MAX_DECODINGS)
    )
    _rereadable: Any = field(init=False, repr=False)
    # Pictures of Pillow read their file when they are copied first.
    _copying: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Keep what a stream gives, so that it can be decoded more than once."""
        object.__setattr__(self, "_rereadable", rereadable(self.image))

    def for_decoding(self) -> Any:
        """Return the picture as one decoding may have it, which may change or consume it."""
        with self._copying:
            return copied(self._rereadable)


class Freshness:
    """How old the newest shot may be: five periods, and from one second to thirty (ADR 4).

    Not thread-safe.
    """

    def __init__(self) -> None:
        self._intervals_s: deque[float] = deque(maxlen=REMEMBERED_INTERVALS)
        self._first_s = 0.0
        self.limit_s = STARTING_GRACE_S

    def begin(self, took_s: float) -> None:
        """Take note of how long the first shot took; what came before counts no more."""
        self._intervals_s.clear()
        self._first_s = took_s
        self._update()

    def note(self, interval_s: float) -> None:
        """Take note of the time from one shot to the next."""
        self._intervals_s.append(interval_s)
        self._update()

    def _update(self) -> None:
        if len(self._intervals_s) < MIN_INTERVALS:
            min_s, period_s = STARTING_GRACE_S, max((self._first_s, *self._intervals_s))
        else:
            min_s, period_s = MIN_LIMIT_S, statistics.median_low(self._intervals_s)
        self.limit_s = min(MAX_LIMIT_S, max(min_s, STALE_PERIODS * period_s))


def checked(captured: Any) -> tuple[Any, float]:
    """Return image and timestamp of what a capture function returned.

    Raises:
        ValueError: it is no picture with a time.
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
