"""Terminal output of a scenario."""

from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from spot_webcam.domain.health.faults import capture_fault
from spot_webcam.domain.requests.status import Status
from spot_webcam.tools.demo.observer import TimelineRow
from spot_webcam.tools.demo.runner import Outcome
from spot_webcam.tools.demo.scenario import CameraEvent, Scenario

WIDTH = 110
TIME_COLS = 9
WHAT_COLS = 48
SOURCE_COLS = 12
_PARTICIPANTS = """\
[b]cameras[/b] (synthetic, failing) -> [b]spot-webcam[/b] -> [b]fake robot[/b] and [b]client[/b]"""


class Screen:
    """Prints a scenario line by line as it is played; a terminal gets colours."""

    def __init__(self, *, record: bool) -> None:
        self._console = Console(width=WIDTH, record=record, highlight=False)

    def catalogue(self, scenarios: list[Scenario]) -> None:
        """Print names and titles of scenarios."""
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for scenario in scenarios:
            table.add_row(Text(scenario.name, style="bold"), Text(scenario.title))
        self._console.print(table)

    def open(self, scenario: Scenario) -> None:
        """Print the description and the head of the timeline."""
        about = Text.from_markup(_PARTICIPANTS + "\n").append(" ".join(scenario.about.split()))
        self._console.print(Panel(about, title=scenario.title, border_style="cyan"))
        head = Text("time".rjust(TIME_COLS - 2) + "  " + "what happens".ljust(WHAT_COLS))
        for camera in scenario.cameras:
            head.append(camera.name.ljust(SOURCE_COLS))
        head.append("the robot holds")
        head.stylize("bold")
        self._console.print(head, soft_wrap=True)

    def row(self, row: TimelineRow) -> None:
        """Print one line of the timeline."""
        line = Text(f"{row.at_s:{TIME_COLS - 4}.2f} s  ", style="dim")
        line.append(row.what.ljust(WHAT_COLS), style="bold")
        if len(row.what) >= WHAT_COLS:
            line.append("\n" + " " * (TIME_COLS + WHAT_COLS))
        if row.observation is not None:
            for state in row.observation.sources.values():
                style = "green" if state.status is Status.OK else "bold red"
                line.append(state.text.ljust(SOURCE_COLS), style=style)
            held = [] if row.observation.registered else ["no entry"]
            count = len(row.observation.faults)
            held += [f"{count} fault{'s' if count > 1 else ''}"] if count else []
            line.append(", ".join(held) or "-", style="bold yellow" if held else "dim")
        self._console.print(line, soft_wrap=True)

    def close(self, scenario: Scenario, outcome: Outcome) -> None:
        """Print a table of the sources, and each expectation with what was observed instead."""
        self._console.print()
        self._console.print(_source_table(scenario, outcome))
        self.say(
            f"the daemon stopped, and left {outcome.services_left} services and"
            f" {outcome.faults_left} faults on the robot"
        )
        self._console.print()
        for expectation, difference in outcome.expectations:
            self._verdict(expectation.text, difference)
        for violation in outcome.violations:
            self._verdict("what always holds", violation)
        if not outcome.violations:
            self._verdict("no old picture, no wrong time, nothing left behind", "")

    def say(self, text: str) -> None:
        """Print a remark."""
        self._console.print(Text(text, style="cyan"), soft_wrap=True)

    def save(self, path: Path) -> None:
        """Write everything printed so far as an SVG."""
        self._console.save_svg(str(path), title="spot-webcam demo")

    def _verdict(self, text: str, difference: str) -> None:
        line = Text("missed  " if difference else "seen    ", "bold red" if difference else "green")
        line.append(text, style="")
        if difference:
            line.append(f": {difference}", style="bold red")
        self._console.print(line, soft_wrap=True)


def _source_table(scenario: Scenario, outcome: Outcome) -> Table:
    table = Table(title="what the client got, and which faults the robot was sent", box=None)
    for column in ("source", "failures", "pictures", "refused", "median age", "raised", "cleared"):
        right = column not in {"source", "failures"}
        table.add_column(column, justify="right" if right else "left")
    record = outcome.record
    for camera in scenario.cameras:
        pictures = [state.status is Status.OK for state in record.states(camera.name)]
        age_s = record.median_age_s(camera.name)
        raised, cleared = record.edge_counts(capture_fault(camera.name, "").name)
        failures = dict.fromkeys(
            event.text.removeprefix(f"{camera.name}: ")
            for event in scenario.events
            if isinstance(event, CameraEvent) and event.camera == camera.name
        )
        table.add_row(
            *(camera.name, ", ".join(failures) or "-"),
            *(str(pictures.count(True)), str(pictures.count(False))),
            *("-" if age_s is None else f"{1000 * age_s:.0f} ms", str(raised), str(cleared)),
        )
    return table
