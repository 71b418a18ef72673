"""The benchmark: rounds of slices, with the contenders in alternation."""

import platform
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.tools.bench.clip import ClipShape, write_clip
from spot_webcam.tools.bench.contender import Contender, Contenders, Sources
from spot_webcam.tools.bench.load_generator import LoadGenerator, slice_values
from spot_webcam.tools.bench.loads import FINE, LOADS, SERVE, Load, all_calls
from spot_webcam.tools.bench.output import Outputs, output_console, print_report
from spot_webcam.tools.bench.process_tree import CpuTimer, pss_mib
from spot_webcam.tools.bench.report import Report, SliceValues, machine
from spot_webcam.tools.bench.slow_link import SlowLink

MEMORY_PERIOD_S = 0.2
CLIP = ClipShape()


@dataclass(frozen=True, slots=True)
class Settings:
    """What is measured, and for how long."""

    rounds: int = 5
    seconds: float = 3.0
    # Clients call for this long before they count.
    warm_up_s: float = 1.0
    # A source without clients runs for this long before its CPU time counts.
    settle_s: float = 2.0
    # Of the load on several sources.
    sources: int = 4
    first_picture_timeout_s: float = 30.0
    # Two of the usual eight clients in each: a Python process of clients keeps up with a Python
    # server, and more processes would only compete for the processors of a small computer.
    client_processes: int = 4
    # A process for each slice; else one for all slices of a round, on the same sources.
    fresh_processes: bool = True
    clip: ClipShape = CLIP
    loads: tuple[str, ...] = tuple(LOADS)
    device: str | None = None
    baseline: str | None = None

    @classmethod
    def of(
        cls,
        *,
        quick: bool,
        rounds: int | None = None,
        seconds: float | None = None,
        only: Sequence[str] | None = None,
        device: str | None = None,
        clip: str = FINE,
        baseline: str | None = None,
    ) -> "Settings":
        """Return the settings of a command line."""
        settings = QUICK if quick else cls()
        loads = tuple(key for key in LOADS if only is None or key in only)
        if device is not None:  # nobody opens one camera four times
            loads = tuple(key for key in loads if not LOADS[key].several_sources)
        if not loads:
            raise CouldNotRun("nothing to measure: one camera cannot be several sources")
        return replace(
            settings,
            rounds=rounds or settings.rounds,
            seconds=seconds or settings.seconds,
            loads=loads,
            device=device,
            clip=replace(settings.clip, name=clip),
            baseline=baseline,
        )

    def summary(self) -> str:
        """Return source, rounds and length of a slice."""
        source = str(self.clip) if self.device is None else f"camera {self.device}"
        rounds = "one round" if self.rounds == 1 else f"medians of {self.rounds} rounds"
        return f"{source}: {rounds}, slices of {self.seconds:g} s"


QUICK = Settings(
    rounds=1,
    seconds=0.15,
    warm_up_s=0.05,
    settle_s=0.1,
    sources=2,
    client_processes=1,
    fresh_processes=False,
    clip=ClipShape(640, 360, seconds=0.5),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """Slices that one process of a contender runs one after the other."""

    round: int
    contender: str
    loads: tuple[str, ...]


def bench(settings: Settings, outputs: Outputs, stopping: threading.Event) -> list[str]:
    """Measure, print and write; return the missed targets.

    Raises:
        CouldNotRun: a contender ends or sends no images, a file cannot be written, this is not
            Linux, or `stopping` is set.
    """
    if platform.system() != "Linux":
        raise CouldNotRun("needs Linux: CPU time and memory are read from /proc")
    outputs.prepare()
    console = output_console()
    with ExitStack() as stack:
        columns = (BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        progress = stack.enter_context(
            Progress(TextColumn("{task.description}"), *columns, console=console, transient=True)
        )
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="spot-webcam-bench-")))
        device = settings.device
        visits = plan(settings)
        task = progress.add_task("rendering the file", total=len(visits))
        if device is None:
            device = str(folder / "clip.avi")
            write_clip(Path(device), settings.clip, stopping)
        # Clients compare robot time with the host's.
        robot = stack.enter_context(FakeRobot(clock_offset_s=0.0))
        generator = stack.enter_context(LoadGenerator(settings.client_processes, stopping))
        contenders = Contenders(robot, folder, settings.baseline, stopping)
        run = _Run(settings, device, contenders, generator, stopping)
        fps = None if settings.device else settings.clip.fps
        report = Report(
            machine(), settings.summary(), run.slices, run.failures, fps, settings.clip.name
        )
        try:
            for visit in visits:
                loads = ", ".join(visit.loads)
                what = f"round {visit.round + 1}: {loads}: {visit.contender}"
                progress.update(task, description=what)
                run.visit(visit)
                progress.advance(task)
        finally:
            # Interrupted, too: what was measured until then may have taken long.
            print_report(console, report)
    outputs.write(report)
    return report.missed


def plan(settings: Settings) -> list[Visit]:
    """Return all visits: contenders in alternation, in each round another one first.

    But in the first round the daemon is first: the bare server sends its answers.
    """
    keys = settings.loads
    groups = [(key,) for key in keys] if settings.fresh_processes else [keys]
    visits = []
    for number in range(settings.rounds):
        for group in groups:
            has_baseline = settings.baseline is not None
            by_load = {key: LOADS[key].contenders(has_baseline=has_baseline) for key in group}
            names = list(dict.fromkeys(name for names in by_load.values() for name in names))
            at = number % len(names)
            for name in (*names[at:], *names[:at]):
                loads = tuple(key for key in group if name in by_load[key])
                visits.append(Visit(number, name, loads))
    return visits


@contextmanager
def _port_of(contender: Contender, load: Load) -> Iterator[int]:
    """Return the port that the clients of a load call."""
    if not load.is_remote:
        yield contender.port
        return
    with SlowLink(contender.port) as link:
        yield link.port


class _Run:
    """Measures visits."""

    def __init__(
        self,
        settings: Settings,
        device: str,
        contenders: Contenders,
        generator: LoadGenerator,
        stopping: threading.Event,
    ) -> None:
        self._settings = settings
        self._device = device
        self._contenders = contenders
        self._generator = generator
        self._stopping = stopping
        self.slices: list[SliceValues] = []
        self.failures: list[str] = []

    def visit(self, visit: Visit) -> None:
        """Measure a contender's slices with one process."""
        loads = [LOADS[key] for key in visit.loads]
        is_several = any(load.several_sources for load in loads)
        sources = Sources(self._device, self._settings.sources if is_several else 1)
        with self._contenders.start(visit.contender, sources) as contender:
            for key, load in zip(visit.loads, loads, strict=True):
                if load.clients:
                    self._warm_up(contender, all_calls(loads, sources.names))
                    with _port_of(contender, load) as port:
                        values = self._loaded_slice(key, load, contender, port, sources.names)
                else:
                    values = self._idle_slice(contender)
                contender.check()
                self.slices.append(SliceValues(visit.round, key, visit.contender, values))
            if not loads[-1].clients:
                # An idle source was alive if it has an image now.
                self._warm_up(contender, LOADS["jpeg"].calls(sources.names))

    def _warm_up(self, contender: Contender, calls: list[bytes]) -> None:
        answers = contender.answers(calls, self._settings.first_picture_timeout_s)
        if contender.name == SERVE:
            self._contenders.keep_answers(answers)

    def _idle_slice(self, contender: Contender) -> dict[str, float]:
        self._sleep_until(time.monotonic() + self._settings.settle_s)
        timer = CpuTimer(contender.pid)
        self._sleep_until(time.monotonic() + self._settings.seconds)
        return {"cpu_ms_per_s": timer.ms_per_s()}

    def _loaded_slice(
        self, key: str, load: Load, contender: Contender, port: int, names: list[str]
    ) -> dict[str, float]:
        settings = self._settings
        running = self._generator.start(
            port, load.plans(names), settings.warm_up_s, settings.seconds
        )
        self._sleep_until(running.begin_s)
        timer = CpuTimer(contender.pid)
        memory_mib = self._peak_memory_mib(contender, running.end_s if load.several_sources else 0)
        self._sleep_until(running.end_s)
        contender.check()
        clients = self._generator.counters(running)
        values = {"pss_mib": memory_mib, "cpu_ms_per_s": timer.ms_per_s()}
        values |= slice_values(clients, settings.seconds)
        if values["failures"]:
            failure = next(client.failure for client in clients if client.failure)
            self.failures.append(
                f"{contender.name}, {key}: {values['failures']:.0f} calls failed: {failure}"
            )
        if values["pictures_per_s"]:
            values["cpu_ms_per_picture"] = values["cpu_ms_per_s"] / values["pictures_per_s"]
        return values

    def _peak_memory_mib(self, contender: Contender, end_s: float) -> float:
        """Return the highest sample until `end_s`, of one sample at least."""
        peak_mib = pss_mib(contender.pid)
        while time.monotonic() < end_s:
            self._sleep_until(min(end_s, time.monotonic() + MEMORY_PERIOD_S))
            peak_mib = max(peak_mib, pss_mib(contender.pid))
        return peak_mib

    def _sleep_until(self, moment_s: float) -> None:
        if self._stopping.wait(max(0.0, moment_s - time.monotonic())):
            raise CouldNotRun("interrupted")
