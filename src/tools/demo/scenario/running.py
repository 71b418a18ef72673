"""Plays a scenario."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from spot_webcam.app.cli.command_line import CouldNotRun, Misused
from spot_webcam.domain.errors import RobotError
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.time.conducted import ConductedClock, OutOfStep
from spot_webcam.tools.demo.scenario.expectations import Expectation
from spot_webcam.tools.demo.scenario.host import HostClock, RealTime
from spot_webcam.tools.demo.scenario.hostile import attack
from spot_webcam.tools.demo.scenario.invariants import (
    broken_after_leaving,
    broken_at_the_end,
    broken_through_the_robot,
    broken_while_running,
)
from spot_webcam.tools.demo.scenario.record import Record
from spot_webcam.tools.demo.scenario.stage import Stage, stage
from spot_webcam.tools.demo.scenario.values import (
    CameraEvent,
    ClientEvent,
    Event,
    HostEvent,
    RobotEvent,
    Scenario,
)
from spot_webcam.tools.demo.scenario.watcher import Row, Watcher

LOOK_S = 0.25
# Another's registration is kept alive at this pace.
BEAT_S = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a scenario: what was seen, and each expectation with its difference.

    `broken` is what must hold in every scenario, and did not.
    """

    record: Record
    expectations: tuple[tuple[Expectation, str], ...]
    broken: tuple[str, ...]

    @property
    def misses(self) -> list[str]:
        """What did not go as it must, a line each."""
        missed = [
            f"{one.text}: {difference}" for one, difference in self.expectations if difference
        ]
        return [*missed, *self.broken]


def run(
    scenario: Scenario,
    folder: Path,
    *,
    fast: bool,
    tell: Callable[[Row], None],
    stopping: threading.Event,
    seed: int = 1,
) -> Outcome:
    """Play it; `tell` gets each row of the timeline. With `fast` nothing takes real time.

    Raises:
        CouldNotRun: the daemon cannot be started, or `stopping` is set.
        Misused: something happens that makes no sense then.
    """
    # The wall clock of now: the SDK compares the lives of tokens with the real one.
    clock: HostClock = ConductedClock(time.time_ns()) if fast else RealTime()
    broken: list[str] = []
    try:
        with stage(scenario, clock, folder, fast=fast, seed=seed) as scene:
            watcher = Watcher(scene, [part.name for part in scenario.cameras], tell)
            _Play(scenario, scene, watcher).run(stopping)
            broken += broken_while_running(scenario, watcher.record, fast=fast)
            broken += broken_at_the_end(scene)
            broken += broken_through_the_robot(scene, watcher.record)
            scene.leave()
            broken += broken_after_leaving(scene)
    except (OutOfStep, RobotError) as error:
        raise CouldNotRun(str(error)) from error
    record = watcher.record
    differences = tuple((one, one.difference(record)) for one in scenario.expectations)
    return Outcome(record, differences, tuple(broken))


@dataclass(frozen=True, slots=True)
class _Cue:
    """When to do what; of one time the lower rank first."""

    at_s: float
    rank: int
    do: Callable[[], None]


class _Play:
    """Does what the scenario says, and looks, each at its time."""

    def __init__(self, scenario: Scenario, scene: Stage, watcher: Watcher) -> None:
        self._scenario = scenario
        self._scene = scene
        self._watcher = watcher

    def run(self, stopping: threading.Event) -> None:
        for cue in sorted(self._cues(), key=lambda cue: (cue.at_s, cue.rank)):
            due_ns = self._scene.began_ns + round(cue.at_s * NANOSECONDS)
            left_s = (due_ns - self._scene.clock.monotonic_ns()) / NANOSECONDS
            if left_s > 0:
                self._scene.clock.wait(stopping, left_s)
            if stopping.is_set():
                raise CouldNotRun("interrupted")
            cue.do()

    def _cues(self) -> list[_Cue]:
        cues = []
        for event in self._scenario.events:
            cues.append(_Cue(event.at_s, 0, partial(self._act, event)))
            end_s = _end_s(event)
            if end_s is not None:
                over = f"{event.text.partition(' for ')[0]} is over"
                cues.append(_Cue(end_s, 1, partial(self._watcher.happened, end_s, over)))
        beats, looks = (_every(period_s, self._scenario.lasts_s) for period_s in (BEAT_S, LOOK_S))
        cues += [_Cue(at_s, 2, self._scene.hands.beat) for at_s in beats]
        cues += [_Cue(at_s, 3, partial(self._watcher.look, at_s)) for at_s in looks]
        return [cue for cue in cues if cue.at_s <= self._scenario.lasts_s]

    def _act(self, event: Event) -> None:
        if isinstance(event, RobotEvent):
            try:
                self._scene.hands.do(event)
            except (ValueError, LookupError) as error:
                name = self._scenario.name
                raise Misused(f"{name}: {event.text} at {event.at_s:g} s: {error}") from error
        elif isinstance(event, HostEvent):
            self._scene.clock.step(event.seconds)
        elif isinstance(event, ClientEvent):
            source = self._scenario.cameras[0].name
            answers = attack(self._scene.client, source, round(1000 * event.at_s))
            self._watcher.record.hostile += answers
        self._watcher.happened(event.at_s, event.text)


def _end_s(event: Event) -> float | None:
    if not isinstance(event, CameraEvent) or event.for_s is None:
        return None
    return event.at_s + event.for_s


def _every(period_s: float, lasts_s: float) -> list[float]:
    return [n * period_s for n in range(1, int(lasts_s / period_s) + 1)]
