"""How often a camera delivers, and so how old its newest frame may be."""

import math
from collections import deque

from spot_webcam.domain.ports import CameraMode
from spot_webcam.domain.timing import NANOSECONDS

# A frame is stale after this many frame periods, never sooner than after a second, and never
# later than after half a minute, whatever a camera claims.
STALE_PERIODS = 5
MIN_LIMIT_S = 1.0
MAX_LIMIT_S = 30.0
# Enough for a median that one hiccup does not move; odd, so that it is one of them.
REMEMBERED_INTERVALS = 9


class StalenessEstimator:
    """The longer of what the camera told and what it does: the median of its last intervals.

    Cameras slow down in the dark, and FFmpeg makes up a rate for streams that tell none. Not
    thread-safe.
    """

    def __init__(self) -> None:
        self._nominal_ns = 0
        self._intervals_ns: deque[int] = deque(maxlen=REMEMBERED_INTERVALS)
        self._last_ns: int | None = None
        self.limit_ns = int(MIN_LIMIT_S * NANOSECONDS)
        # 0 while it is not known.
        self.period_ns = 0

    def opened(self, mode: CameraMode) -> None:
        """Begin anew with the rate that the camera tells."""
        slowest_hz = STALE_PERIODS / MAX_LIMIT_S
        told = mode.fps is not None and math.isfinite(mode.fps) and mode.fps > 0
        self._nominal_ns = round(NANOSECONDS / max(mode.fps or 0.0, slowest_hz)) if told else 0
        self._intervals_ns.clear()
        self._last_ns = None
        self._update()

    def delivered(self, monotonic_ns: int) -> None:
        """Take note of a frame's capture time."""
        if self._last_ns is not None:
            self._intervals_ns.append(monotonic_ns - self._last_ns)
            self._update()
        self._last_ns = monotonic_ns

    def _update(self) -> None:
        period_ns = self._nominal_ns
        if len(self._intervals_ns) == REMEMBERED_INTERVALS:
            # Not by the standard library's, which brings half a megabyte of decimal numbers.
            median_ns = sorted(self._intervals_ns)[REMEMBERED_INTERVALS // 2]
            period_ns = max(period_ns, median_ns)
        self.period_ns = period_ns
        min_ns = int(MIN_LIMIT_S * NANOSECONDS)
        max_ns = int(MAX_LIMIT_S * NANOSECONDS)
        self.limit_ns = min(max_ns, max(min_ns, STALE_PERIODS * period_ns))
