"""The whole of it: runs in alternation, tables, files."""

import tempfile
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.tools.bench.contenders import Contenders
from spot_webcam.tools.bench.crowd import Crowd
from spot_webcam.tools.bench.markdown import headline, markdown
from spot_webcam.tools.bench.measures import Measure, measures
from spot_webcam.tools.bench.one_run import run_measure
from spot_webcam.tools.bench.plot import plot
from spot_webcam.tools.bench.render import RingShape, write_ring
from spot_webcam.tools.bench.report import Report, report_of
from spot_webcam.tools.bench.results import Results, Run
from spot_webcam.tools.bench.scene import Scene, SourceKind
from spot_webcam.tools.bench.settings import Settings
from spot_webcam.tools.bench.table import bench_console, show

# Paced clients are out of step with the camera by up to this part of a frame's time.
JITTER = 0.5


@dataclass(frozen=True, slots=True)
class Outputs:
    """Files to write."""

    json: Path | None = None
    markdown: Path | None = None
    svg: Path | None = None

    def make_room(self) -> None:
        """Make the files' folders: before anything is measured.

        Raises:
            CouldNotRun: one cannot be written.
        """
        for path in (self.json, self.markdown, self.svg):
            if path is not None:
                try:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.touch()
                except OSError as error:
                    raise CouldNotRun(f"{error}: choose another file") from error

    def write(self, report: Report) -> None:
        """Write what is wanted."""
        if self.json is not None:
            self.json.write_text(report.to_json())
        if self.markdown is not None:
            self.markdown.write_text(markdown(report))
        if self.svg is not None:
            self.svg.write_text(plot(report.cells))


def bench(settings: Settings, outputs: Outputs, stopping: threading.Event) -> list[str]:
    """Measure, show and write; return what is not as it must be.

    Raises:
        CouldNotRun: a contender gives no pictures, or `stopping` is set.
    """
    outputs.make_room()
    console = bench_console()
    with tempfile.TemporaryDirectory(prefix="spot-webcam-bench-") as folder:
        results = _Bench(settings, Path(folder), console, stopping).run()
    report = report_of(results, settings)
    console.print(headline(report))
    show(console.print, report.rows, report.cells)
    for remark in results.remarks:
        console.print(Text(remark, "yellow"))
    outputs.write(report)
    return report.missed


class _Bench:
    """All runs of all rounds."""

    def __init__(
        self, settings: Settings, folder: Path, console: Console, stopping: threading.Event
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._stopping = stopping
        self._results = Results()
        self._progress = Progress(
            *(TextColumn("{task.description}"), BarColumn()),
            *(TimeElapsedColumn(), TimeRemainingColumn()),
            console=console,
            transient=True,
        )

    def run(self) -> Results:
        """Render the pictures, and measure."""
        settings = self._settings
        with ExitStack() as stack:
            stack.enter_context(self._progress)
            if settings.device is None:
                self._render()
            crowd = stack.enter_context(Crowd(self._folder, self._stopping))
            planned = measures(settings)
            contenders = Contenders(
                self._folder, crowd, planned, self._stopping, fresh=settings.fresh
            )
            stack.callback(contenders.close)
            total = settings.rounds * sum(len(one.contenders) for one in planned)
            task = self._progress.add_task("measuring", total=total)
            for number in range(settings.rounds):
                for measure in planned:
                    # In alternation, so that a busy moment of the machine hits all alike.
                    for name in measure.contenders:
                        self._progress.update(
                            task, description=f"round {number + 1}: {measure.key}, {name}"
                        )
                        self._one(measure, name, number, contenders, crowd)
                        self._progress.advance(task)
        return self._results

    def _render(self) -> None:
        settings = self._settings
        shape = RingShape(settings.cols, settings.rows, settings.ring_frames, settings.fps)
        task = self._progress.add_task("rendering pictures", total=shape.frames)
        for _ in write_ring(self._folder, shape):
            self._progress.advance(task)
            if self._stopping.is_set():
                raise CouldNotRun("interrupted")
        self._progress.remove_task(task)

    def _one(
        self, measure: Measure, name: str, number: int, contenders: Contenders, crowd: Crowd
    ) -> None:
        settings = self._settings
        scene = self._scene(measure)
        with contenders.running(name, scene, measure) as contender:
            values = run_measure(
                measure,
                contender,
                measure.tasks(scene.names, JITTER / settings.fps),
                crowd,
                settings,
                self._stopping,
                lambda remark: self._results.remarks.append(f"{name}, {remark}"),
            )
            if not measure.clients:
                contenders.check(contender, scene)
        self._results.runs.append(Run(measure.key, name, number, values))

    def _scene(self, measure: Measure) -> Scene:
        if self._settings.device is not None:
            return Scene(SourceKind.DEVICE, self._settings.device)
        return Scene(measure.kind, str(self._folder), measure.sources)
