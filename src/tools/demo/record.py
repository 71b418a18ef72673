"""Observations made while a scenario runs."""

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from spot_webcam.domain.requests.status import Status


@dataclass(frozen=True, slots=True)
class SourceState:
    """Answer of a source to a client; age, size and content are those of a picture, for status OK.

    `listed_size` is the size in `ListImageSources`; sizes are `COLSxROWS`.
    """

    status: Status
    message: str = ""
    age_s: float = 0.0
    # By the robot's clock.
    acquired_s: float = 0.0
    size: str = ""
    listed_size: str = ""
    content: bytes = b""
    is_jpeg: bool = True

    @property
    def text(self) -> str:
        """Text for a cell of a table."""
        return f"OK {1000 * self.age_s:.0f} ms" if self.status is Status.OK else "NO PICTURE"


@dataclass(frozen=True, slots=True)
class Observation:
    """Answers of all sources, and the faults and the registration on the robot, at one time."""

    at_s: float
    sources: Mapping[str, SourceState]
    faults: tuple[str, ...]
    registered: bool


@dataclass(frozen=True, slots=True)
class FaultEdge:
    """A fault that was raised or cleared on the robot, with the time of the observation."""

    at_s: float
    fault: str
    raised: bool


@dataclass(slots=True)
class Record:
    """Everything observed.

    `log` is the daemon's log, `hostile` holds requests of hostile clients with their answers,
    `registrations_s` are the times of the observations that found a new registration.
    """

    observations: list[Observation] = field(default_factory=list)
    edges: list[FaultEdge] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    hostile: list[tuple[str, str]] = field(default_factory=list)
    registrations_s: list[float] = field(default_factory=list)

    def between(self, first_s: float, last_s: float) -> Iterable[Observation]:
        """Return the observations of a time; at least the first one from `first_s` on, if any."""
        later = [seen for seen in self.observations if seen.at_s >= first_s]
        return later[:1] + [seen for seen in later[1:] if seen.at_s <= last_s]

    def states(self, source: str) -> list[SourceState]:
        """Return all answers of a source."""
        return [seen.sources[source] for seen in self.observations]

    def median_age_s(self, source: str) -> float | None:
        """Return the median age of a source's pictures, or `None` if there was none."""
        ages_s = [state.age_s for state in self.states(source) if state.status is Status.OK]
        return statistics.median(ages_s) if ages_s else None

    def edge_counts(self, fault: str) -> tuple[int, int]:
        """Return how often a fault was raised and cleared."""
        raised = [edge.raised for edge in self.edges if edge.fault == fault]
        return raised.count(True), raised.count(False)

    def last_pictures(self) -> dict[str, SourceState]:
        """Return the last picture of each source that had any."""
        return {
            name: state
            for seen in self.observations
            for name, state in seen.sources.items()
            if state.status is Status.OK
        }
