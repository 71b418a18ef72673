"""What the demo shows."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from spot_webcam.domain.requests.status import Status
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.tools.demo.cast import Part
from spot_webcam.tools.demo.record import PartRecord
from spot_webcam.tools.robot_clients.image_client import Sighting

WIDTH = 104
TIME_COLS = 7
PART_COLS = 12

_SCENE = """\
[b]cameras[/b] (synthetic, faulty, a file) -> [b]spot-webcam serve[/b] -> \
[b]fake robot[/b] -> [b]the SDK's client[/b]
One line a second: what each source answers, and which faults the robot holds."""


class Screen:
    """Prints the play line by line; a terminal gets colours."""

    def __init__(self, *, record: bool) -> None:
        self._console = Console(width=WIDTH, record=record, highlight=False)

    def open(self, parts: Sequence[Part]) -> None:
        """Show the scene and the head of the lines."""
        self._console.print(Panel(_SCENE, title="spot-webcam demo", border_style="cyan"))
        head = Text("time".rjust(TIME_COLS - 2) + "  ", style="bold")
        for part in parts:
            head.append(part.name.ljust(PART_COLS))
        head.append("faults on the robot")
        self._console.print(head)

    def line(self, seconds: float, sightings: Sequence[Sighting], robot: FakeRobot) -> None:
        """Show one moment."""
        line = Text(f"{seconds:{TIME_COLS - 4}.0f} s  ", style="dim")
        for sighting in sightings:
            age_ms = (robot.now_ns() - sighting.acquired_robot_ns) / 1e6
            if sighting.status is Status.OK:
                line.append(f"OK {age_ms:.0f} ms".ljust(PART_COLS), style="green")
            else:
                line.append("NO PICTURE".ljust(PART_COLS), style="bold red")
        faults = [fault.fault_id.fault_name for fault in robot.faults()]
        line.append(", ".join(faults) or "-", style="bold yellow" if faults else "dim")
        self._console.print(line, soft_wrap=True)

    def say(self, text: str) -> None:
        """Show a remark."""
        self._console.print(Text(text, style="cyan"), soft_wrap=True)

    def leave(self, exit_code: int, robot: FakeRobot) -> None:
        """Show how the daemon left the robot."""
        services, faults = len(robot.services()), len(robot.faults())
        self.say(
            f"SIGTERM: the daemon ended with {exit_code}, and left {services} services and"
            f" {faults} faults on the robot"
        )

    def close(self, records: Sequence[PartRecord], robot: FakeRobot, median_ms: float) -> None:
        """Show the table."""
        table = Table(title="what the client got, and what the robot was told", box=None)
        for column in ("source", "camera", "pictures", "refused", "age", "raised", "cleared"):
            right = column not in {"source", "camera"}
            table.add_column(column, justify="right" if right else "left")
        for record in records:
            raised, cleared = record.edges(robot)
            table.add_row(
                *(record.part.name, record.part.about, str(record.ok), str(record.other)),
                *(f"{1000 * record.age_s:.0f} ms", str(raised), str(cleared)),
            )
        self._console.print()
        self._console.print(table)
        self._console.print(f"\na call for all sources took {median_ms:.1f} ms (median)")

    def save(self, path: Path) -> None:
        """Write all that was shown as an SVG."""
        self._console.save_svg(str(path), title="make demo")
