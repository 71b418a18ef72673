"""What came of the runs."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from spot_webcam.tools.bench.figures import medians


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its figures by their names, which tell the units."""

    key: str
    contender: str
    round: int
    values: dict[str, float]


@dataclass(slots=True)
class Results:
    """All runs of all rounds, in their order."""

    runs: list[Run] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def median(self, key: str, contender: str, figure: str) -> float | None:
        """Return the median of a figure, `None` if there is none."""
        runs = (run.values for run in self.runs if (run.key, run.contender) == (key, contender))
        return medians(runs).get(figure)

    def all(self, key: str, figure: str) -> dict[str, float]:
        """Return the medians of a figure by the contender."""
        contenders = dict.fromkeys(run.contender for run in self.runs)
        found = {name: self.median(key, name, figure) for name in contenders}
        return {name: value for name, value in found.items() if value is not None}

    def keys(self) -> Iterable[str]:
        """Return what was measured, in its order."""
        return dict.fromkeys(run.key for run in self.runs)
