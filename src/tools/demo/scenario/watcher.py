"""Looks at what clients get and what the robot holds, and keeps what changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from spot_webcam.app.daemon import SERVICE_NAME
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.demo.scenario.record import Moment, Record, SeenEdge, View
from spot_webcam.tools.demo.scenario.stage import Stage
from spot_webcam.tools.robot_clients.image_client import Sighting


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a timeline: what happened, and how things are then."""

    at_s: float
    what: str
    moment: Moment | None

    def __str__(self) -> str:
        if self.moment is None:
            return f"{self.at_s:.2f} s: {self.what}"
        cells = [f"{name} {view.text}" for name, view in self.moment.views.items()]
        held = ", ".join(self.moment.faults) or "no fault"
        there = "registered" if self.moment.registered else "not registered"
        return f"{self.at_s:.2f} s: {self.what or '-'} | {' | '.join(cells)} | {there}, {held}"


class Watcher:
    """Fills a record, and tells each row of the timeline as it comes."""

    def __init__(self, scene: Stage, sources: Sequence[str], tell: Callable[[Row], None]) -> None:
        self._scene = scene
        self._sources = list(sources)
        self._tell = tell
        self._edges_seen = 0
        self._registrations_seen = 0
        self.record = Record(log=scene.log)

    def happened(self, at_s: float, what: str) -> None:
        """Note something that the scenario did."""
        self._tell(Row(at_s, what, self._last()))

    def look(self, at_s: float) -> None:
        """Look at everything; a change gives a row."""
        before, news = self._last(), self._new_edges(at_s)
        self._note_registrations(at_s)
        moment = self._moment(at_s)
        self.record.moments.append(moment)
        if before is not None and before.registered is not moment.registered:
            news.append("registered" if moment.registered else "no longer registered")
        news += [
            f"{name}: {view.message}"
            for name, view in moment.views.items()
            if view.message and (before is None or before.views[name].status is Status.OK)
        ]
        if before is None or news or _state(before) != _state(moment):
            self._tell(Row(at_s, "; ".join(news), moment))

    def _last(self) -> Moment | None:
        return self.record.moments[-1] if self.record.moments else None

    def _new_edges(self, at_s: float) -> list[str]:
        events = self._scene.robot.fault_events()
        new = events[self._edges_seen :]
        self._edges_seen = len(events)
        news = []
        for event in new:
            if event.kind not in {"trigger", "clear"} or event.service_name != SERVICE_NAME:
                continue
            if not event.fault_name:  # all of an earlier life, cleared at the start
                continue
            raised = event.kind == "trigger"
            self.record.edges.append(SeenEdge(at_s, event.fault_name, raised))
            news.append(f"{'raised' if raised else 'cleared'}: {event.fault_name}")
        return news

    def _note_registrations(self, at_s: float) -> None:
        # After the edges: one that follows a registration is never seen without it.
        registrations = sum(
            call.method.endswith("/RegisterService") and call.code == "OK"
            for call in self._scene.robot.calls()
        )
        if registrations != self._registrations_seen:
            self._registrations_seen = registrations
            self.record.registrations_s.append(at_s)

    def _moment(self, at_s: float) -> Moment:
        # One call each: the message of an answer is for all its sources.
        seen = [one for name in self._sources for one in self._scene.client.look([name])]
        sizes = self._scene.client.listed_sizes()
        now_ns = self._scene.robot.now_ns()
        views = {one.source_name: _view(one, sizes[one.source_name], now_ns) for one in seen}
        return Moment(at_s, views, self._faults(), self._registered())

    def _faults(self) -> tuple[str, ...]:
        return tuple(
            fault.fault_id.fault_name
            for fault in self._scene.robot.faults()
            if fault.fault_id.service_name == SERVICE_NAME
        )

    def _registered(self) -> bool:
        return any(
            (one.name, one.port) == (SERVICE_NAME, self._scene.daemon.port)
            for one in self._scene.robot.services()
        )


def _view(seen: Sighting, listed: tuple[int, int], robot_now_ns: int) -> View:
    listed_size = f"{listed[0]}x{listed[1]}"
    if seen.status is not Status.OK:
        message = seen.message.removeprefix(f"{seen.source_name}: ")
        return View(seen.status, message, listed_size=listed_size)
    return View(
        seen.status,
        age_s=(robot_now_ns - seen.acquired_robot_ns) / NANOSECONDS,
        size=f"{seen.image.cols}x{seen.image.rows}",
        listed_size=listed_size,
        content=seen.image.data,
    )


def _state(moment: Moment) -> object:
    statuses = {name: view.status for name, view in moment.views.items()}
    return statuses, moment.faults, moment.registered
