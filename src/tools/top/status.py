"""State of a service, as it is shown: whichever way it was asked."""

from dataclasses import dataclass
from typing import Protocol


class StatusUnavailable(Exception):
    """There is no answer now; the text is one line."""


class StatusRefused(Exception):
    """There will never be an answer; the text says what to change."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source; `None` is not known. `text` is why it serves no picture, empty if it does."""

    name: str
    state: str
    cols: int = 0
    rows: int = 0
    rate_hz: float | None = None
    age_s: float | None = None
    reconnects: int | None = None
    text: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it serves pictures."""
        return self.state == "good"


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """A service at one moment: facts in few words, standing faults, sources."""

    service: str
    facts: tuple[str, ...]
    faults: tuple[str, ...]
    sources: tuple[SourceRow, ...]


class StatusReader(Protocol):
    """Reads the state; blocks for some seconds at most."""

    def read(self) -> ServiceStatus:
        """Return the state now; raises `StatusUnavailable` and `StatusRefused`."""
        ...

    def close(self) -> None:
        """End all connections."""
        ...
