"""Observer of a running scenario: polls the client and the robot, and reports changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from spot_webcam.app.options import SERVICE_NAME
from spot_webcam.domain.media.image import ImageFormat
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.demo.environment import Environment
from spot_webcam.tools.demo.record import FaultEdge, Observation, Record, SourceState
from spot_webcam.tools.robot_clients.image_client import ImageResult


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One line of the timeline: an event, and the state after it."""

    at_s: float
    what: str
    observation: Observation | None

    def __str__(self) -> str:
        if self.observation is None:
            return f"{self.at_s:.2f} s: {self.what}"
        cells = [f"{name} {state.text}" for name, state in self.observation.sources.items()]
        held = ", ".join(self.observation.faults) or "no fault"
        entry = "registered" if self.observation.registered else "not registered"
        return f"{self.at_s:.2f} s: {self.what or '-'} | {' | '.join(cells)} | {entry}, {held}"


class Observer:
    """Fills a record, and passes each row of the timeline on."""

    def __init__(
        self, environment: Environment, sources: Sequence[str], show: Callable[[TimelineRow], None]
    ) -> None:
        self._environment = environment
        self._sources = list(sources)
        self._show = show
        self._edges_seen = 0
        self._registrations_seen = 0
        self.record = Record(log=environment.log)

    def note_event(self, at_s: float, what: str) -> None:
        """Report an event of the scenario."""
        self._show(TimelineRow(at_s, what, self._last()))

    def observe(self, at_s: float) -> None:
        """Observe all sources and the robot; report a change as a row."""
        before, news = self._last(), self._new_edges(at_s)
        self._note_registrations(at_s)
        now = self._observation(at_s)
        self.record.observations.append(now)
        if before is not None and before.registered is not now.registered:
            news.append("registered" if now.registered else "no longer registered")
        news += [
            f"{name}: {state.message}"
            for name, state in now.sources.items()
            if state.message and (before is None or before.sources[name].status is Status.OK)
        ]
        if before is None or news or _state(before) != _state(now):
            self._show(TimelineRow(at_s, "; ".join(news), now))

    def _last(self) -> Observation | None:
        return self.record.observations[-1] if self.record.observations else None

    def _new_edges(self, at_s: float) -> list[str]:
        events = self._environment.robot.fault_events()
        new = events[self._edges_seen :]
        self._edges_seen = len(events)
        news = []
        for event in new:
            if event.kind not in {"trigger", "clear"} or event.service_name != SERVICE_NAME:
                continue
            if not event.fault_name:  # the daemon clears all faults of an earlier run at its start
                continue
            raised = event.kind == "trigger"
            self.record.edges.append(FaultEdge(at_s, event.fault_name, raised))
            news.append(f"{'raised' if raised else 'cleared'}: {event.fault_name}")
        return news

    def _note_registrations(self, at_s: float) -> None:
        # After the edges: an edge that follows a registration is never recorded without it.
        registrations = sum(
            call.method.endswith("/RegisterService") and call.code == "OK"
            for call in self._environment.robot.calls()
        )
        if registrations != self._registrations_seen:
            self._registrations_seen = registrations
            self.record.registrations_s.append(at_s)

    def _observation(self, at_s: float) -> Observation:
        sizes = self._environment.client.listed_sizes()
        # One call per source: the message of an answer is for all sources of the call.
        states = {name: self._source_state(name, sizes[name]) for name in self._sources}
        return Observation(at_s, states, self._faults(), self._registered())

    def _source_state(self, name: str, listed: tuple[int, int]) -> SourceState:
        [result] = self._environment.client.get_images([name])
        return _source_state(result, listed, self._environment.robot.now_ns())

    def _faults(self) -> tuple[str, ...]:
        return tuple(
            fault.fault_id.fault_name
            for fault in self._environment.robot.faults()
            if fault.fault_id.service_name == SERVICE_NAME
        )

    def _registered(self) -> bool:
        return any(
            (service.name, service.port) == (SERVICE_NAME, self._environment.daemon.port)
            for service in self._environment.robot.services()
        )


def _source_state(result: ImageResult, listed: tuple[int, int], robot_now_ns: int) -> SourceState:
    listed_size = f"{listed[0]}x{listed[1]}"
    if result.status is not Status.OK:
        message = result.message.removeprefix(f"{result.source_name}: ")
        return SourceState(result.status, message, listed_size=listed_size)
    return SourceState(
        result.status,
        age_s=(robot_now_ns - result.acquired_robot_ns) / NANOSECONDS,
        acquired_s=result.acquired_robot_ns / NANOSECONDS,
        size=f"{result.image.cols}x{result.image.rows}",
        listed_size=listed_size,
        content=result.image.data,
        is_jpeg=result.image.format == ImageFormat.JPEG,
    )


def _state(seen: Observation) -> object:
    statuses = {name: state.status for name, state in seen.sources.items()}
    return statuses, seen.faults, seen.registered
