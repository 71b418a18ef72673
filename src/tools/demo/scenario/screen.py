"""What a scenario shows."""

from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from spot_webcam.domain.requests.status import Status
from spot_webcam.tools.demo.scenario.running import Outcome
from spot_webcam.tools.demo.scenario.values import Scenario
from spot_webcam.tools.demo.scenario.watcher import Row

WIDTH = 110
TIME_COLS = 9
WHAT_COLS = 44
SOURCE_COLS = 12


class Screen:
    """Prints a scenario line by line as it is played; a terminal gets colours."""

    def __init__(self, *, record: bool) -> None:
        self._console = Console(width=WIDTH, record=record, highlight=False)

    def catalogue(self, scenarios: list[Scenario]) -> None:
        """Show which scenarios there are."""
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for scenario in scenarios:
            table.add_row(Text(scenario.name, style="bold"), Text(scenario.title))
        self._console.print(table)

    def open(self, scenario: Scenario) -> None:
        """Show what it is about, and the head of the timeline."""
        about = Text(" ".join(scenario.about.split()))
        self._console.print(Panel(about, title=scenario.title, border_style="cyan"))
        head = Text("time".rjust(TIME_COLS - 2) + "  " + "what happens".ljust(WHAT_COLS))
        for part in scenario.cameras:
            head.append(part.name.ljust(SOURCE_COLS))
        head.append("the robot holds")
        head.stylize("bold")
        self._console.print(head, soft_wrap=True)

    def row(self, row: Row) -> None:
        """Show one line of the timeline."""
        line = Text(f"{row.at_s:{TIME_COLS - 4}.2f} s  ", style="dim")
        line.append(row.what.ljust(WHAT_COLS), style="bold")
        if len(row.what) >= WHAT_COLS:
            line.append("\n" + " " * (TIME_COLS + WHAT_COLS))
        if row.moment is not None:
            for view in row.moment.views.values():
                style = "green" if view.status is Status.OK else "bold red"
                line.append(view.text.ljust(SOURCE_COLS), style=style)
            held = [] if row.moment.registered else ["no entry"]
            held += row.moment.faults
            line.append(", ".join(held) or "-", style="bold yellow" if held else "dim")
        self._console.print(line, soft_wrap=True)

    def close(self, outcome: Outcome) -> None:
        """Show what was expected, and what was seen instead."""
        self._console.print()
        for expectation, difference in outcome.expectations:
            self._verdict(expectation.text, difference)
        for broken in outcome.broken:
            self._verdict("what always holds", broken)
        if not outcome.broken:
            self._verdict("no old picture, no wrong time, nothing left behind", "")

    def save(self, path: Path) -> None:
        """Write all that was shown as an SVG."""
        self._console.save_svg(str(path), title="spot-webcam demo")

    def _verdict(self, text: str, difference: str) -> None:
        line = Text("missed  " if difference else "seen    ", "bold red" if difference else "green")
        line.append(text, style="")
        if difference:
            line.append(f": {difference}", style="bold red")
        self._console.print(line, soft_wrap=True)
