"""Monitor: takes snapshots of a daemon."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from spot_webcam.app.capture.source_snapshot import SourceSnapshot
from spot_webcam.app.monitoring.event_log import EventLog
from spot_webcam.app.monitoring.process import process_snapshot
from spot_webcam.app.monitoring.request_tally import RequestTally
from spot_webcam.app.monitoring.snapshot import LoopSnapshot, Snapshot
from spot_webcam.app.robot.fault_reporter import FaultReporter
from spot_webcam.app.robot.session_snapshot import SessionSnapshot
from spot_webcam.domain.health.picture_quality import PictureQuality
from spot_webcam.domain.timing import NANOSECONDS, Clock


class Loop(Protocol):
    """A thread that steps, such as `LoopThread`."""

    name: str
    max_step_s: float

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs, or has not been started yet."""
        ...

    @property
    def step_s(self) -> float:
        """For how many seconds the present step has been running; 0 between steps."""
        ...


class Source(Protocol):
    """A source, such as `CameraSource`."""

    def snapshot(self) -> SourceSnapshot:
        """Return its state; never blocks."""
        ...


class Session(Protocol):
    """The robot session."""

    def snapshot(self) -> SessionSnapshot:
        """Return its state; never blocks."""
        ...


class Monitor:
    """Takes snapshots; thread-safe. One takes about a millisecond, and what `quality` does."""

    def __init__(
        self,
        sources: Iterable[Source],
        session: Session,
        reporter: FaultReporter,
        requests: RequestTally,
        loops: Callable[[], Iterable[Loop]],
        clock: Clock,
        *,
        service_name: str,
        port: int,
        version: str,
        bytes_in_flight: Callable[[], int] = lambda: 0,
        quality: Callable[[], Mapping[str, PictureQuality]] = dict,
    ) -> None:
        """`sources` and what `loops` returns may change.

        `quality` measures what is due, and does not wait.
        """
        self._sources = sources
        self._session = session
        self._reporter = reporter
        self._requests = requests
        self._loops = loops
        self._clock = clock
        self._service_name = service_name
        self._port = port
        self._version = version
        self._bytes_in_flight = bytes_in_flight
        self._quality = quality
        self._started_ns = clock.monotonic_ns()
        self.events = EventLog()
        # Returns why the configuration file, as it is now, is not used; empty if it is.
        self.configuration_error: Callable[[], str] = str

    def loops(self) -> tuple[LoopSnapshot, ...]:
        """Return the state of its threads at this moment, in microseconds."""
        return tuple(
            LoopSnapshot(loop.name, loop.is_alive, loop.step_s, loop.max_step_s)
            for loop in self._loops()
        )

    def snapshot(self, *, with_quality: bool = True) -> Snapshot:
        """Return the state of the daemon at this moment."""
        uptime_ns = self._clock.monotonic_ns() - self._started_ns
        return Snapshot(
            self._clock.time_ns(),
            self._version,
            self._service_name,
            self._port,
            tuple(source.snapshot() for source in self._sources),
            self._session.snapshot(),
            self._requests.snapshot(self._bytes_in_flight()),
            process_snapshot(uptime_ns / NANOSECONDS),
            self.loops(),
            tuple(self._reporter.reported()),
            self._reporter.raises(),
            self.events.events,
            self._quality() if with_quality else {},
            self.configuration_error(),
        )
