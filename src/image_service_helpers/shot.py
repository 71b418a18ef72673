"""One capture of a camera whose pictures are of a form that only it knows."""

import math
import statistics
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from spot_webcam.domain.frame_period import (
    LONGEST_LIMIT_S,
    REMEMBERED_INTERVALS,
    SHORTEST_LIMIT_S,
    STALE_PERIODS,
)
from spot_webcam.domain.made_once import MadeOnce
from spot_webcam.domain.time_units import NANOSECONDS

# Decodings kept of one shot; whoever asks for yet another one gets it made just for them.
MOST_DECODINGS = 16


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
    decodings: "MadeOnce[bytes, Future[Decoding]]" = field(
        default_factory=lambda: MadeOnce(MOST_DECODINGS)
    )


class Freshness:
    """How old the newest shot may be: five periods, and from one second to thirty (ADR 4).

    Not thread-safe.
    """

    def __init__(self) -> None:
        self._intervals_s: deque[float] = deque(maxlen=REMEMBERED_INTERVALS)
        self.limit_ns = int(SHORTEST_LIMIT_S * NANOSECONDS)

    def note(self, interval_s: float) -> None:
        """Take note of the time from one shot to the next, or of how long the first one took."""
        self._intervals_s.append(interval_s)
        limit_s = STALE_PERIODS * statistics.median_low(self._intervals_s)
        limit_s = min(LONGEST_LIMIT_S, max(SHORTEST_LIMIT_S, limit_s))
        self.limit_ns = int(limit_s * NANOSECONDS)


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
