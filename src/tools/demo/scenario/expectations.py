"""What must be seen in a scenario, and the difference to what was."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from spot_webcam.domain.requests.status import Status
from spot_webcam.tools.demo.scenario.record import Moment, Record


class Expectation(Protocol):
    """Something that must be seen."""

    @property
    def text(self) -> str:
        """What it is, for a human."""
        ...

    def difference(self, record: Record) -> str:
        """Return what was seen instead; nothing if it was seen."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """It is so at `by_s` at the latest, and stays so until `until_s`."""

    by_s: float
    until_s: float

    def __str__(self) -> str:
        if self.until_s > self.by_s:
            return f"from {self.by_s:g} s to {self.until_s:g} s"
        return f"by {self.by_s:g} s"

    def first(self, record: Record, told: Callable[[Moment], str]) -> str:
        """Return what the first moment tells that tells anything, with its time."""
        moments = list(record.between(self.by_s, self.until_s))
        if not moments:
            return "nobody looked"
        for moment in moments:
            difference = told(moment)
            if difference:
                return f"{difference} at {moment.at_s:g} s"
        return ""


@dataclass(frozen=True, slots=True)
class StatusExpected:
    """A source answers with a status, and its message holds some words."""

    source: str
    status: Status
    window: Window
    says: str = ""

    @property
    def text(self) -> str:
        """What it is, for a human."""
        says = f" saying {self.says!r}" if self.says else ""
        return f"{self.source} answers {self.status.name}{says} {self.window}"

    def difference(self, record: Record) -> str:
        """Return what was seen instead."""

        def told(moment: Moment) -> str:
            view = moment.views[self.source]
            if view.status is self.status and self.says in view.message:
                return ""
            return f"{view.status.name} {view.message}".strip()

        return self.window.first(record, told)


@dataclass(frozen=True, slots=True)
class SizeExpected:
    """A source's pictures and its entry in the list of sources have a size, `COLSxROWS`."""

    source: str
    size: str
    window: Window

    @property
    def text(self) -> str:
        """What it is, for a human."""
        return f"{self.source} is {self.size} {self.window}"

    def difference(self, record: Record) -> str:
        """Return what was seen instead."""

        def told(moment: Moment) -> str:
            view = moment.views[self.source]
            if (view.size, view.listed_size) == (self.size, self.size):
                return ""
            return f"{view.size or 'no picture'}, listed as {view.listed_size}"

        return self.window.first(record, told)


@dataclass(frozen=True, slots=True)
class FaultExpected:
    """The robot holds a fault, or does not."""

    fault: str
    held: bool
    window: Window

    @property
    def text(self) -> str:
        """What it is, for a human."""
        return f"robot {'holds' if self.held else 'does not hold'} {self.fault!r} {self.window}"

    def difference(self, record: Record) -> str:
        """Return what was seen instead."""

        def told(moment: Moment) -> str:
            if (self.fault in moment.faults) is self.held:
                return ""
            return f"it held {', '.join(moment.faults) or 'none'}"

        return self.window.first(record, told)


@dataclass(frozen=True, slots=True)
class EdgesExpected:
    """The robot is told so often in all that a fault is there, and that it is over."""

    fault: str
    raised: int
    cleared: int

    @property
    def text(self) -> str:
        """What it is, for a human."""
        return f"{self.fault!r} is raised {self.raised} and cleared {self.cleared} times"

    def difference(self, record: Record) -> str:
        """Return what was seen instead."""
        told = [edge.raised for edge in record.edges if edge.fault == self.fault]
        raised, cleared = told.count(True), told.count(False)
        if (raised, cleared) == (self.raised, self.cleared):
            return ""
        return f"{raised} and {cleared} times"


@dataclass(frozen=True, slots=True)
class RegisteredExpected:
    """The robot's directory holds the daemon's entry, or does not."""

    registered: bool
    window: Window

    @property
    def text(self) -> str:
        """What it is, for a human."""
        return f"the service is {'' if self.registered else 'not '}registered {self.window}"

    def difference(self, record: Record) -> str:
        """Return what was seen instead."""

        def told(moment: Moment) -> str:
            if moment.registered is self.registered:
                return ""
            return "it was" if moment.registered else "it was not"

        return self.window.first(record, told)


@dataclass(frozen=True, slots=True)
class LogExpected:
    """So many lines of the daemon's log begin with some words."""

    words: str
    times: int

    @property
    def text(self) -> str:
        """What it is, for a human."""
        return f"the log says {self.words!r}... {self.times} times"

    def difference(self, record: Record) -> str:
        """Return what was seen instead."""
        times = sum(line.startswith(self.words) for line in record.log)
        return "" if times == self.times else f"{times} times"
