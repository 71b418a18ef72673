"""What the HTTP server needs of the daemon."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.sources.parameter_fields import ParameterField
from spot_webcam.domain.sources.parameters import Given


class Status(Protocol):
    """The state of the daemon. Thread-safe; never blocks."""

    def status(self) -> dict[str, Any]:
        """Return the state as `json.dumps` takes it, with a list `sources`."""
        ...

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of `status`."""
        ...

    def metrics(self) -> "Iterable[Metric]":
        """Return the metrics."""
        ...

    def not_alive(self) -> list[str]:
        """Return why the process should be restarted; empty if it turns."""
        ...

    def not_ready(self) -> list[str]:
        """Return why clients get no picture; empty if they do."""
        ...


class Pictures(Protocol):
    """The pictures of the sources. Thread-safe."""

    def picture(
        self,
        name: str,
        quality: float = 0.0,
        parameters: Mapping[str, Given] | None = None,
        timeout_s: float = 5.0,
    ) -> Answer | None:
        """Return the answer to a viewer, `None` if there is no such source; blocks.

        The time of its capture is that of the wall clock of this computer.
        """
        ...

    def fields(self, name: str) -> tuple[ParameterField, ...] | None:
        """Return the parameters of a source, `None` if there is no such source; never blocks."""
        ...


class Distribution(Protocol):
    """Counts of values at or below each bound, and above the one before; the last has no bound."""

    @property
    def bounds(self) -> tuple[float, ...]:
        """The upper bounds; they rise."""
        ...

    @property
    def counts(self) -> tuple[int, ...]:
        """One more than there are bounds."""
        ...

    @property
    def total(self) -> float:
        """The sum of the values."""
        ...


class Metric(Protocol):
    """A metric with its samples, one for each tuple of label values."""

    @property
    def name(self) -> str:
        """Its name; that of a counter ends with `_total`."""
        ...

    @property
    def kind(self) -> str:
        """'counter', 'gauge' or 'histogram'."""
        ...

    @property
    def help(self) -> str:
        """What it measures."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of its labels."""
        ...

    @property
    def samples(self) -> tuple[tuple[tuple[str, ...], float | Distribution], ...]:
        """Label values and value of each sample."""
        ...


@dataclass(frozen=True, slots=True)
class WebOptions:
    """Where and to whom the server listens.

    Without a password it is for the loopback interface alone. `names` are further names of this
    computer that browsers may use in place of its address.
    """

    host: str
    port: int
    password: str | None = None
    certificate: str | None = None
    key: str | None = None
    names: tuple[str, ...] = ()
