"""What the figures must be."""

import operator
from dataclasses import dataclass

from spot_webcam.tools.bench.measures import OURS

_HOLDS = {"≥": operator.ge, "≤": operator.le, "<": operator.lt}


@dataclass(frozen=True, slots=True)
class Bound:
    """Ours must be on this side of `times` another's figure, `plus` something.

    Without `against`, `plus` alone is the limit.
    """

    sign: str
    against: str | None = None
    times: float = 1.0
    plus: float = 0.0

    def __str__(self) -> str:
        if self.against is None:
            return f"{self.sign} {self.plus:.4g}"
        times = "" if self.times == 1 else f"{self.times:.3g} x "
        plus = f" + {self.plus:.4g}" if self.plus else ""
        return f"{self.sign} {times}{self.against}{plus}"

    def holds(self, figures: dict[str, float]) -> bool | None:
        """Tell whether it does; `None` if one of the figures was not measured."""
        other = 0.0 if self.against is None else figures.get(self.against)
        if OURS not in figures or other is None:
            return None
        held: bool = _HOLDS[self.sign](figures[OURS], self.times * other + self.plus)
        return held


def at_least(times: float, against: str) -> Bound:
    """Ours is so many times the other's, or more."""
    return Bound("≥", against, times)


def at_most(times: float, against: str) -> Bound:
    """Ours is so many times the other's, or less."""
    return Bound("≤", against, times)


def below(against: str) -> Bound:
    """Ours is less than the other's."""
    return Bound("<", against)


def at_most_above(plus: float, against: str) -> Bound:
    """Ours is not above the other's by more."""
    return Bound("≤", against, plus=plus)


def below_limit(limit: float) -> Bound:
    """Ours is less than a number."""
    return Bound("<", plus=limit)


def at_most_limit(limit: float) -> Bound:
    """Ours is not more than a number."""
    return Bound("≤", plus=limit)
