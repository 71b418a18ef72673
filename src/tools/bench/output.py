"""The report on a terminal, as Markdown and as JSON."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.tools.bench.loads import BARE, BASELINE, HELPER, SERVE
from spot_webcam.tools.bench.report import Report, Row, Spread

# Of a table that is not printed on a terminal.
WIDTH = 190
BEGIN_MARK, END_MARK = "<!-- bench -->\n", "<!-- /bench -->"


@dataclass(frozen=True, slots=True)
class Outputs:
    """Files to write."""

    json: Path | None = None
    markdown: Path | None = None

    def prepare(self) -> None:
        """Create folders and files, before anything is measured.

        Raises:
            CouldNotRun: one cannot be written.
        """
        for path in (self.json, self.markdown):
            if path is not None:
                try:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.touch()
                except OSError as error:
                    raise CouldNotRun(f"{error}: choose another file") from error

    def write(self, report: Report) -> None:
        """Write the files that were requested."""
        if self.json is not None:
            self.json.write_text(to_json(report))
        if self.markdown is not None:
            self.markdown.write_text(between_marks(self.markdown.read_text(), to_markdown(report)))


def output_console() -> Console:
    """Return a console that is wide enough for the table."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH)


def print_report(console: Console, report: Report) -> None:
    """Print the table and the failed calls; nothing if nothing was measured."""
    if not report.slices:
        return
    console.print(Text(report.headline))
    table = Table(title="medians of the rounds; ratios with their lowest and highest")
    head, lines = cells(report)
    for number, title in enumerate(head):
        table.add_column(title, justify="right" if 0 < number < len(head) - 1 else "left")
    for line in lines:
        table.add_row(*line)
    console.print(table)
    for failure in report.failures:
        console.print(Text(failure, "yellow"))


def to_markdown(report: Report) -> str:
    """Return the table, below a line that names the machine."""
    head, lines = cells(report)
    table = [head, ["---"] * len(head), *lines]
    drawn = "".join(f"| {' | '.join(line)} |\n" for line in table)
    return f"{report.headline}\n\n{drawn}"


def between_marks(old: str, new: str) -> str:
    """Return a text with the part between its marks replaced; the new one if it has no marks."""
    before, begin, rest = old.partition(BEGIN_MARK)
    _, end, after = rest.partition(END_MARK)
    return f"{before}{begin}{new}{end}{after}" if begin and end else new


def to_json(report: Report) -> str:
    """Return everything, with the values of each slice."""
    return json.dumps(
        {**asdict(report), "rows": [_row_facts(row) for row in report.rows]}, indent=1
    )


def cells(report: Report) -> tuple[list[str], list[list[str]]]:
    """Return the head and the lines of the table."""
    measured = {name for row in report.rows for name in row.values}
    names = [name for name in (SERVE, BASELINE, HELPER, BARE) if name in measured]
    others = [name for name in names if name != SERVE]
    head = ["measure", *names, *(f"{SERVE} / {name}" for name in others), "target"]
    return head, [[row.spec.title, *_row_cells(row, names, others)] for row in report.rows]


def number(value: float) -> str:
    """Return a value with three digits or all before the point."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _row_cells(row: Row, names: Sequence[str], others: Sequence[str]) -> Iterable[str]:
    for name in names:
        yield number(row.values[name].median) if name in row.values else ""
    for name in others:
        yield _ratio(row.ratios[name]) if name in row.ratios else ""
    sign = "≥" if row.spec.more_is_better else "≤"
    yield ", ".join(
        f"{sign} {limit:.2f} {name}{'' if row.holds(name) else ' (missed)'}"
        for name, limit in row.targets.items()
    )


def _ratio(spread: Spread) -> str:
    if spread.low == spread.high:
        return f"{spread.median:.2f}"
    return f"{spread.median:.2f} ({spread.low:.2f}-{spread.high:.2f})"


def _row_facts(row: Row) -> dict[str, object]:
    return {
        "measure": row.spec.title,
        "values": {name: asdict(spread) for name, spread in row.values.items()},
        "ratios": {name: asdict(spread) for name, spread in row.ratios.items()},
        "targets": row.targets,
        "missed": row.missed,
    }
