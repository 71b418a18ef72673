"""Scenario runner."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from spot_webcam.app.cli.command_line import CouldNotRun, Misused
from spot_webcam.domain.errors import RobotError
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.time.conducted import ConductedClock, OutOfStep
from spot_webcam.tools.demo.environment import Environment, HostClock, RealTime, environment
from spot_webcam.tools.demo.expectations import Expectation
from spot_webcam.tools.demo.hostile_client import attack
from spot_webcam.tools.demo.invariants import (
    violations_after_stop,
    violations_at_the_end,
    violations_through_the_robot,
    violations_while_running,
)
from spot_webcam.tools.demo.observer import Observer, TimelineRow
from spot_webcam.tools.demo.record import Record
from spot_webcam.tools.demo.scenario import (
    CameraEvent,
    Event,
    HostClockEvent,
    HostileClientEvent,
    RobotEvent,
    Scenario,
)

OBSERVE_S = 0.25
# Period at which a rival's registration is renewed.
HEARTBEAT_S = 1.0
# In real time the robot and the daemon agree on the faults within this time after the last event.
SETTLED_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a scenario: the record, and each expectation with its difference.

    `violations` are of what must hold in every scenario; `services_left` and `faults_left` count
    what the robot held after the daemon had stopped.
    """

    record: Record
    expectations: tuple[tuple[Expectation, str], ...]
    violations: tuple[str, ...]
    services_left: int
    faults_left: int

    @property
    def misses(self) -> list[str]:
        """Everything that was not observed as it must be, a line each."""
        missed = [
            f"{expectation.text}: {difference}"
            for expectation, difference in self.expectations
            if difference
        ]
        return [*missed, *self.violations]


def run_scenario(
    scenario: Scenario,
    folder: Path,
    *,
    fast: bool,
    show: Callable[[TimelineRow], None],
    stopping: threading.Event,
    seed: int = 1,
) -> Outcome:
    """Play a scenario; `show` gets each row of the timeline. With `fast` nothing takes real time.

    Raises:
        CouldNotRun: the daemon cannot be started, or `stopping` is set.
        Misused: an event is not possible in the state of the robot at its time.
    """
    # The wall clock of now: the SDK compares the lifetime of tokens with the real one.
    clock: HostClock = ConductedClock(time.time_ns()) if fast else RealTime()
    try:
        with environment(scenario, clock, folder, fast=fast, seed=seed) as env:
            observer = Observer(env, [camera.name for camera in scenario.cameras], show)
            _Runner(scenario, env, observer).run(stopping)
            record = observer.record
            violations = [*violations_while_running(scenario, record, fast=fast)]
            settled_s = 0.0 if fast else SETTLED_TIMEOUT_S
            violations += _settled(partial(violations_at_the_end, env), settled_s)
            violations += _settled(partial(violations_through_the_robot, env, record), settled_s)
            env.stop_daemon()
            violations += violations_after_stop(env)
            services_left = len(env.robot.services())
            faults_left = len(env.robot.faults())
    except (OutOfStep, RobotError) as error:
        raise CouldNotRun(str(error)) from error
    differences = tuple(
        (expectation, expectation.difference(record)) for expectation in scenario.expectations
    )
    return Outcome(record, differences, tuple(violations), services_left, faults_left)


def _settled(violations: Callable[[], Iterator[str]], timeout_s: float) -> list[str]:
    """Return the violations that remain after the timeout; robot and daemon are asked in turn."""
    give_up_s = time.monotonic() + timeout_s
    found = [*violations()]
    while found and time.monotonic() < give_up_s:
        time.sleep(OBSERVE_S)
        found = [*violations()]
    return found


@dataclass(frozen=True, slots=True)
class ScheduledAction:
    """An action and its time; of one time the lower rank comes first."""

    at_s: float
    rank: int
    act: Callable[[], None]


class _Runner:
    """Runs the events of a scenario, and observes, each at its time."""

    def __init__(self, scenario: Scenario, environment: Environment, observer: Observer) -> None:
        self._scenario = scenario
        self._environment = environment
        self._observer = observer

    def run(self, stopping: threading.Event) -> None:
        for action in sorted(self._schedule(), key=lambda action: (action.at_s, action.rank)):
            if action.at_s > self._scenario.lasts_s and self._is_complete():
                return
            due_ns = self._environment.began_ns + round(action.at_s * NANOSECONDS)
            left_s = (due_ns - self._environment.clock.monotonic_ns()) / NANOSECONDS
            if left_s > 0:
                self._environment.clock.wait(stopping, left_s)
            if stopping.is_set():
                raise CouldNotRun("interrupted")
            action.act()

    def _is_complete(self) -> bool:
        record = self._observer.record
        return not any(expected.difference(record) for expected in self._scenario.expectations)

    def _schedule(self) -> list[ScheduledAction]:
        ends_s = self._scenario.ends_s
        actions = []
        for event in self._scenario.events:
            actions.append(ScheduledAction(event.at_s, 0, partial(self._apply, event)))
            end_s = event.end_s if isinstance(event, CameraEvent) else None
            if end_s is not None:
                over = f"{event.text.partition(' for ')[0]} is over"
                note = partial(self._observer.note_event, end_s, over)
                actions.append(ScheduledAction(end_s, 1, note))
        actions += [
            ScheduledAction(at_s, 2, self._environment.injector.heartbeat)
            for at_s in _every(HEARTBEAT_S, ends_s)
        ]
        actions += [
            ScheduledAction(at_s, 3, partial(self._observer.observe, at_s))
            for at_s in _every(OBSERVE_S, ends_s)
        ]
        return [action for action in actions if action.at_s <= ends_s]

    def _apply(self, event: Event) -> None:
        if isinstance(event, RobotEvent):
            try:
                self._environment.injector.apply(event)
            except (ValueError, LookupError) as error:
                name = self._scenario.name
                raise Misused(f"{name}: {event.text} at {event.at_s:g} s: {error}") from error
        elif isinstance(event, HostClockEvent):
            self._environment.clock.step(event.seconds)
        elif isinstance(event, HostileClientEvent):
            source = self._scenario.cameras[0].name
            answers = attack(self._environment.client, source, round(1000 * event.at_s))
            self._observer.record.hostile += answers
        self._observer.note_event(event.at_s, event.text)


def _every(period_s: float, ends_s: float) -> list[float]:
    return [n * period_s for n in range(1, int(ends_s / period_s) + 1)]
