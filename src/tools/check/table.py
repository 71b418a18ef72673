"""The table at the end, and the line below it."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spot_webcam.app.cli.tables import plain
from spot_webcam.tools.check.finding import Finding, Line, Verdict

# Of a table that is not for a terminal.
WIDTH = 132
# Of which the names of many sources may not take more.
_SOURCES_WIDTH = 24
_STYLES = {
    Verdict.PASS: "green",
    Verdict.WARN: "yellow",
    Verdict.FAIL: "bold red",
    Verdict.SKIP: "dim",
}
_COUNTED = {
    Verdict.PASS: "passed",
    Verdict.WARN: "warned",
    Verdict.FAIL: "failed",
    Verdict.SKIP: "skipped",
}


def check_console(*, stderr: bool) -> Console:
    """Return a console on which the table has room."""
    console = Console(stderr=stderr, highlight=False)
    if console.is_terminal:
        return console
    return Console(stderr=stderr, highlight=False, width=WIDTH)


def table(lines: Sequence[Line], title: str) -> Table:
    """Return all lines as a table; what to do stands below what was found."""
    shown = Table(title=plain(title), show_lines=False)
    shown.add_column("")
    shown.add_column("check", no_wrap=True)
    shown.add_column("source", max_width=_SOURCES_WIDTH)
    shown.add_column("found")
    for line in merged(lines):
        finding = line.finding
        found = plain(finding.reason)
        if finding.advice:
            found.append_text(plain(f"\n→ {finding.advice}", "italic"))
        verdict = Text(finding.verdict.value, _STYLES[finding.verdict])
        shown.add_row(verdict, line.check, plain(line.source), found)
    return shown


def merged(lines: Sequence[Line]) -> list[Line]:
    """Return one line for all sources of which a check found the same."""
    sources: dict[tuple[str, Finding], list[str]] = {}
    for line in lines:
        sources.setdefault((line.check, line.finding), []).append(line.source)
    return [
        Line(check, ", ".join(filter(None, names)), finding)
        for (check, finding), names in sources.items()
    ]


def counted(lines: Sequence[Line]) -> dict[str, int]:
    """Return how many lines passed, warned, failed and were skipped."""
    counts = Counter(line.finding.verdict for line in lines)
    return {word: counts[verdict] for verdict, word in _COUNTED.items()}


def summary(lines: Sequence[Line]) -> str:
    """Return the counts as one line."""
    return ", ".join(f"{count} {word}" for word, count in counted(lines).items())
