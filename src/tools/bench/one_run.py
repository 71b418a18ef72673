"""One run of one contender."""

import threading
import time
from collections.abc import Callable

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.tools.bench.contenders import Contender
from spot_webcam.tools.bench.crowd import Crowd, Task
from spot_webcam.tools.bench.measures import Measure
from spot_webcam.tools.bench.memory import larger, memory_mib
from spot_webcam.tools.bench.settings import Settings

MEMORY_LOOK_S = 0.2


class Watch:
    """Watches a contender from begin to end: its CPU, and its memory where that is wanted."""

    def __init__(
        self, contender: Contender, stopping: threading.Event, *, watches_memory: bool
    ) -> None:
        self._contender = contender
        self._stopping = stopping
        self._watches_memory = watches_memory
        self.cpu_s = 0.0
        self.lasted_s = 0.0
        self.memory: dict[str, float] = {}

    def __call__(self, begin_s: float, end_s: float) -> None:
        """Watch; returns after the end."""
        self._sleep_until(begin_s)
        before_s, began_s = self._contender.cpu_s(), time.monotonic()
        while self._watches_memory and time.monotonic() < end_s:
            self.memory = larger(self.memory, memory_mib(self._contender.child.pid))
            self._sleep_until(min(end_s, time.monotonic() + MEMORY_LOOK_S))
        self._sleep_until(end_s)
        self.cpu_s = self._contender.cpu_s() - before_s
        self.lasted_s = time.monotonic() - began_s

    def _sleep_until(self, moment_s: float) -> None:
        if self._stopping.wait(max(0.0, moment_s - time.monotonic())):
            raise CouldNotRun("interrupted")


def run_measure(
    measure: Measure,
    contender: Contender,
    tasks: list[Task],
    crowd: Crowd,
    settings: Settings,
    stopping: threading.Event,
    say: Callable[[str], None],
) -> dict[str, float]:
    """Return the run's figures; `say` is told of calls that failed."""
    watch = Watch(contender, stopping, watches_memory=measure.watches_memory)
    if not tasks:
        begin_s = time.monotonic() + settings.settle_s
        watch(begin_s, begin_s + settings.seconds)
        return {"cpu_ms_per_s": 1000 * watch.cpu_s / watch.lasted_s}
    takings = crowd.run(contender.port, tasks, settings.warm_s, settings.seconds, watch)
    if takings.failures:
        say(f"{measure.key}: {takings.failures} calls failed: {takings.why}")
    values = takings.values(settings.seconds) | watch.memory
    values["cpu_ms_per_s"] = 1000 * watch.cpu_s / watch.lasted_s
    if takings.pictures:
        values["cpu_ms_per_picture"] = values["cpu_ms_per_s"] / values["pictures_per_s"]
    return values
