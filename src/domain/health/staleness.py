"""Staleness limit: the maximum age of a source's newest frame (ADR 4)."""

import math
from collections import deque

from spot_webcam.domain.sources.modes import CameraMode
from spot_webcam.domain.timing import NANOSECONDS

# A frame is stale after this many frame periods, but never before the minimum and always after
# the maximum, whatever rate a camera reports.
STALE_PERIODS = 5
MIN_LIMIT_S = 1.0
MAX_LIMIT_S = 30.0
# Enough for a median that a single late frame does not move; odd, so that it is one interval.
REMEMBERED_INTERVALS = 9


class StalenessEstimator:
    """Derives the limit from the longer of the reported and the measured frame period.

    The measured period is the median of the last intervals: cameras slow down in the dark. Until
    `min_intervals` are known it is the longest of them: the first pictures of many cameras come at
    once, from a buffer. If the camera reports no rate, the limit is `starting_limit_s` at least
    until then. Not thread-safe.
    """

    def __init__(
        self,
        *,
        min_intervals: int = REMEMBERED_INTERVALS,
        starting_limit_s: float = 0.0,
        fixed_limit_s: float | None = None,
    ) -> None:
        """With `fixed_limit_s`, the limit is this, whatever the period."""
        self._fixed_limit_s = fixed_limit_s
        self._min_intervals = min_intervals
        self._starting_limit_ns = int(starting_limit_s * NANOSECONDS)
        # The limit until enough intervals are known is this at least.
        self._starting_ns = 0
        self._nominal_ns = 0
        self._intervals_ns: deque[int] = deque(maxlen=REMEMBERED_INTERVALS)
        self._last_ns: int | None = None
        self.limit_ns = 0
        self._update()

    def started(self, monotonic_ns: int) -> None:
        """Start again with an unknown rate: the first interval begins now."""
        self._nominal_ns, self._starting_ns = 0, self._starting_limit_ns
        self._intervals_ns.clear()
        self._last_ns = monotonic_ns
        self._update()

    def opened(self, mode: CameraMode) -> None:
        """Note the rate that the camera reports; what was measured at another one is forgotten."""
        slowest_hz = STALE_PERIODS / MAX_LIMIT_S
        is_known = mode.fps is not None and math.isfinite(mode.fps) and mode.fps > 0
        nominal_ns = round(NANOSECONDS / max(mode.fps or 0.0, slowest_hz)) if is_known else 0
        if nominal_ns != self._nominal_ns:
            self._intervals_ns.clear()
        self._nominal_ns = nominal_ns
        self._starting_ns = 0 if is_known else self._starting_limit_ns
        self._last_ns = None
        self._update()

    def delivered(self, monotonic_ns: int, frames: int = 1) -> None:
        """Record a frame's capture time; it is the last of so many since the last call."""
        if self._last_ns is not None:
            interval_ns = (monotonic_ns - self._last_ns) // frames
            self._intervals_ns.extend([interval_ns] * min(frames, REMEMBERED_INTERVALS))
            self._update()
        self._last_ns = monotonic_ns

    def rate_hz(self, now_ns: int) -> float | None:
        """Return the mean rate of the last frames; it falls while none comes.

        `None` before the second frame.
        """
        if self._last_ns is None or not self._intervals_ns:
            return None
        mean_ns = sum(self._intervals_ns) / len(self._intervals_ns)
        return NANOSECONDS / max(1.0, mean_ns, now_ns - self._last_ns)

    def _update(self) -> None:
        limit_ns = int(MIN_LIMIT_S * NANOSECONDS)
        if len(self._intervals_ns) >= self._min_intervals:
            # Not `statistics.median`, whose import costs half a megabyte.
            measured_ns = sorted(self._intervals_ns)[(len(self._intervals_ns) - 1) // 2]
        else:
            measured_ns = max(self._intervals_ns, default=0)
            limit_ns = max(limit_ns, self._starting_ns)
        limit_ns = max(limit_ns, STALE_PERIODS * max(self._nominal_ns, measured_ns))
        self.limit_ns = min(limit_ns, int(MAX_LIMIT_S * NANOSECONDS))
        if self._fixed_limit_s is not None:
            self.limit_ns = int(self._fixed_limit_s * NANOSECONDS)
