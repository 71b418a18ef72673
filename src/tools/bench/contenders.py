"""Starting what is measured, in processes of its own."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from spot_webcam.tools.bench.child import HELLO_TIMEOUT_S, Child
from spot_webcam.tools.bench.crowd import Crowd
from spot_webcam.tools.bench.measures import FLOOR, HELPER, OURS, Measure, Wish
from spot_webcam.tools.bench.scene import Scene

_MODULES = {OURS: "ours", HELPER: "sdk_helper", FLOOR: "floor"}
ANSWER_TIMEOUT_S = 10.0


@dataclass(slots=True)
class Contender:
    """A running service."""

    child: Child
    port: int
    # Requests that it has answered once.
    warmed: set[bytes] = field(default_factory=set)

    def cpu_s(self) -> float:
        """Return what it has used of the processors since its start."""
        used: float = self.child.ask("cpu", ANSWER_TIMEOUT_S)["cpu_s"]
        return used


class Contenders:
    """Starts contenders; unless `fresh`, one that serves the right scene already is used again.

    What the floor answers is captured from ours, once for each request of the measures planned.
    """

    def __init__(
        self,
        folder: Path,
        crowd: Crowd,
        planned: Sequence[Measure],
        stopping: threading.Event,
        *,
        fresh: bool,
    ) -> None:
        self._folder = folder
        self._crowd = crowd
        self._planned = planned
        self._stopping = stopping
        self._fresh = fresh
        self._kept: dict[tuple[str, Scene], Contender] = {}
        self._stack = ExitStack()
        self._captured: dict[Scene, dict[bytes, Path]] = {}

    def close(self) -> None:
        """End all that still run."""
        self._kept.clear()
        self._stack.close()

    @contextmanager
    def running(self, name: str, scene: Scene, measure: Measure) -> Iterator[Contender]:
        """Give a contender that has answered each of the measure's requests once.

        A source that is to be without clients is not asked.
        """
        if name == FLOOR and scene not in self._captured:
            self._captured[scene] = self._capture(scene)
        if self._fresh:
            with ExitStack() as stack:
                yield self._warmed(self._start(name, scene, stack), scene, measure)
            return
        if any(kept != scene for _, kept in self._kept):
            self.close()
        if (name, scene) not in self._kept:
            self._kept[name, scene] = self._start(name, scene, self._stack)
        yield self._warmed(self._kept[name, scene], scene, measure)

    def check(self, contender: Contender, scene: Scene) -> None:
        """Have an idle source prove that it was alive; it has a client from now on."""
        self._crowd.capture(contender.port, {Wish().request(name): None for name in scene.names})

    def _start(self, name: str, scene: Scene, stack: ExitStack) -> Contender:
        words = scene.to_json()
        if name == FLOOR:
            captured = self._captured[scene]
            words = json.dumps({one.hex(): str(file) for one, file in captured.items()})
        log = self._folder / f"{name}.log"
        child = stack.enter_context(Child(_MODULES[name], [words], log, self._stopping))
        return Contender(child, child.hear(HELLO_TIMEOUT_S)["port"])

    def _warmed(self, contender: Contender, scene: Scene, measure: Measure) -> Contender:
        asked = measure.requests(scene.names) - contender.warmed
        if asked:
            self._crowd.capture(contender.port, dict.fromkeys(asked))
            contender.warmed |= asked
        return contender

    def _capture(self, scene: Scene) -> dict[bytes, Path]:
        requests: set[bytes] = set()
        for measure in self._planned:
            if FLOOR in measure.contenders:
                requests |= measure.requests(scene.names)
        captured = {
            one: self._folder / f"answer{number}" for number, one in enumerate(sorted(requests))
        }
        with ExitStack() as stack:
            ours = self._kept.get((OURS, scene)) or self._start(OURS, scene, stack)
            self._crowd.capture(ours.port, captured)
        return captured
