"""What was seen while a scenario ran."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from spot_webcam.domain.requests.status import Status


@dataclass(frozen=True, slots=True)
class View:
    """What a client got of a source; age, size and content of a picture are for status OK.

    `listed_size` is what `ListImageSources` tells; sizes are `COLSxROWS`.
    """

    status: Status
    message: str = ""
    age_s: float = 0.0
    size: str = ""
    listed_size: str = ""
    content: bytes = b""

    @property
    def text(self) -> str:
        """Some words for a cell of a table."""
        return f"OK {1000 * self.age_s:.0f} ms" if self.status is Status.OK else "NO PICTURE"


@dataclass(frozen=True, slots=True)
class Moment:
    """What a client got of each source, and what the robot held."""

    at_s: float
    views: Mapping[str, View]
    faults: tuple[str, ...]
    registered: bool


@dataclass(frozen=True, slots=True)
class SeenEdge:
    """The robot was told that a fault is there, or that it is over; noticed at a look."""

    at_s: float
    fault: str
    raised: bool


@dataclass(slots=True)
class Record:
    """All that was seen.

    `log` is what the daemon logged, `hostile` is what a hostile client sent and was answered,
    `registrations_s` are the looks at which the service was found registered anew.
    """

    moments: list[Moment] = field(default_factory=list)
    edges: list[SeenEdge] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    hostile: list[tuple[str, str]] = field(default_factory=list)
    registrations_s: list[float] = field(default_factory=list)

    def between(self, first_s: float, last_s: float) -> Iterable[Moment]:
        """Return the moments of a time; at least the first one from `first_s` on, if any."""
        later = [moment for moment in self.moments if moment.at_s >= first_s]
        return later[:1] + [moment for moment in later[1:] if moment.at_s <= last_s]
