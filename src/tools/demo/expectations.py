"""Expectations of a scenario, and their differences to the record."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias

from spot_webcam.domain.requests.status import Status
from spot_webcam.tools.demo.record import Observation, Record

# Returns what an observation shows instead of what is expected, or nothing.
Differs: TypeAlias = Callable[[Observation], str]


class Expectation(Protocol):
    """Something that must be observed."""

    @property
    def text(self) -> str:
        """Description for a human."""
        ...

    def difference(self, record: Record) -> str:
        """Return what was observed instead; nothing if the expectation was met."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """Condition on times: true at `by_s` at the latest, and until `until_s` at least."""

    by_s: float
    until_s: float

    def __str__(self) -> str:
        if self.until_s > self.by_s:
            return f"from {self.by_s:g} s to {self.until_s:g} s"
        return f"by {self.by_s:g} s"

    def difference(self, record: Record, differs: Differs) -> str:
        """Return the first difference within the window, with its time."""
        return _first_difference(list(record.between(self.by_s, self.until_s)), differs)


class Occasion(Enum):
    """Condition without a time, for scenarios that a busy machine must not fail."""

    ONCE = "once"
    END = "end"

    def __str__(self) -> str:
        return "at least once" if self is Occasion.ONCE else "at the end"

    def difference(self, record: Record, differs: Differs) -> str:
        """Return the difference of the last observation, or none if any one may match and does."""
        if self is Occasion.ONCE and any(not differs(seen) for seen in record.observations):
            return ""
        return _first_difference(record.observations[-1:], differs)


When: TypeAlias = Window | Occasion


def _first_difference(observations: list[Observation], differs: Differs) -> str:
    if not observations:
        return "nothing was observed"
    for seen in observations:
        difference = differs(seen)
        if difference:
            return f"{difference} at {seen.at_s:g} s"
    return ""


@dataclass(frozen=True, slots=True)
class StatusExpected:
    """A source answers with a status, and its message contains some words."""

    source: str
    status: Status
    when: When
    says: str = ""

    @property
    def text(self) -> str:
        """Description for a human."""
        says = f" saying {self.says!r}" if self.says else ""
        return f"{self.source} answers {self.status.name}{says} {self.when}"

    def difference(self, record: Record) -> str:
        """Return what was observed instead."""

        def differs(seen: Observation) -> str:
            state = seen.sources[self.source]
            if state.status is self.status and self.says in state.message:
                return ""
            return f"{state.status.name} {state.message}".strip()

        return self.when.difference(record, differs)


@dataclass(frozen=True, slots=True)
class SizeExpected:
    """A source's pictures and its entry in the list of sources have a size, `COLSxROWS`."""

    source: str
    size: str
    when: When

    @property
    def text(self) -> str:
        """Description for a human."""
        return f"{self.source} is {self.size} {self.when}"

    def difference(self, record: Record) -> str:
        """Return what was observed instead."""

        def differs(seen: Observation) -> str:
            state = seen.sources[self.source]
            if (state.size, state.listed_size) == (self.size, self.size):
                return ""
            return f"{state.size or 'no picture'}, listed as {state.listed_size}"

        return self.when.difference(record, differs)


@dataclass(frozen=True, slots=True)
class FaultExpected:
    """The robot holds a fault, or does not."""

    fault: str
    held: bool
    when: When

    @property
    def text(self) -> str:
        """Description for a human."""
        verb = "holds" if self.held else "does not hold"
        return f"robot {verb} {self.fault!r} {self.when}"

    def difference(self, record: Record) -> str:
        """Return what was observed instead."""

        def differs(seen: Observation) -> str:
            if (self.fault in seen.faults) is self.held:
                return ""
            return f"it held {', '.join(map(repr, seen.faults)) or 'none'}"

        return self.when.difference(record, differs)


@dataclass(frozen=True, slots=True)
class EdgesExpected:
    """A fault is raised and cleared so often in all, or at least so often.

    On a busy machine a source may fail more often than its camera, and a robot that forgets a
    fault with a registration is sent it again.
    """

    fault: str
    raised: int
    cleared: int
    or_more: bool = False

    @property
    def text(self) -> str:
        """Description for a human."""
        more = " or more" if self.or_more else ""
        return f"{self.fault!r} is raised {self.raised} and cleared {self.cleared}{more} times"

    def difference(self, record: Record) -> str:
        """Return what was observed instead."""
        raised, cleared = record.edge_counts(self.fault)
        if self.or_more:
            met = raised >= self.raised and cleared >= self.cleared
        else:
            met = (raised, cleared) == (self.raised, self.cleared)
        return "" if met else f"{raised} and {cleared} times"


@dataclass(frozen=True, slots=True)
class RegisteredExpected:
    """The robot's directory holds the daemon's entry, or does not."""

    registered: bool
    when: When

    @property
    def text(self) -> str:
        """Description for a human."""
        return f"the service is {'' if self.registered else 'not '}registered {self.when}"

    def difference(self, record: Record) -> str:
        """Return what was observed instead."""

        def differs(seen: Observation) -> str:
            if seen.registered is self.registered:
                return ""
            return "it was" if seen.registered else "it was not"

        return self.when.difference(record, differs)


@dataclass(frozen=True, slots=True)
class LogExpected:
    """A number of lines of the daemon's log begin with some words."""

    words: str
    times: int

    @property
    def text(self) -> str:
        """Description for a human."""
        return f"the log says {self.words!r}... {self.times} times"

    def difference(self, record: Record) -> str:
        """Return what was observed instead."""
        times = sum(line.startswith(self.words) for line in record.log)
        return "" if times == self.times else f"{times} times"
