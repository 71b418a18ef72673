"""Figures of many values."""

import statistics
from collections.abc import Iterable, Sequence


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many percent do not exceed.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values have no percentile")
    ranked = sorted(values)
    # Ranks are counted from 1 and rounded up.
    rank = -(-len(ranked) * percent // 100)
    return ranked[max(0, int(rank) - 1)]


def medians(runs: Iterable[dict[str, float]]) -> dict[str, float]:
    """Return each figure's median over the runs that have it."""
    values: dict[str, list[float]] = {}
    for run in runs:
        for name, value in run.items():
            values.setdefault(name, []).append(value)
    return {name: statistics.median(of_runs) for name, of_runs in values.items()}
