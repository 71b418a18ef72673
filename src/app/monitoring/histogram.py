"""Histogram of durations, with fixed upper bounds."""

from bisect import bisect_left
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HistogramSnapshot:
    """Counts of values at or below each bound, and above the one before; the last has no bound.

    `counts` has one more element than `bounds`. `total` is the sum of the values.
    """

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float = 0.0

    @property
    def count(self) -> int:
        """The number of values."""
        return sum(self.counts)


class Histogram:
    """Counts values by their size. Not thread-safe."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        """Bounds rise."""
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._total = 0.0

    def add(self, value: float) -> None:
        """Count a value; one below 0, as after a step of a clock, as 0."""
        self._counts[bisect_left(self._bounds, value)] += 1
        if value > 0:
            self._total += value

    def snapshot(self) -> HistogramSnapshot:
        """Return the counts of this moment."""
        return HistogramSnapshot(self._bounds, tuple(self._counts), self._total)
