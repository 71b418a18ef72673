"""Output of the checks: a table for people, JSON for programs."""

import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spot_webcam import __version__
from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.app.cli.tables import plain
from spot_webcam.tools.check.findings import Finding, Line, Verdict

STDOUT = "-"
# Width of a table that does not go to a terminal.
WIDTH = 132
# Maximum width of the column with the sources' names.
_SOURCES_WIDTH = 24
# Style and word of each verdict.
_VERDICTS = {
    Verdict.PASS: ("green", "passed"),
    Verdict.WARN: ("yellow", "warned"),
    Verdict.FAIL: ("bold red", "failed"),
    Verdict.SKIP: ("dim", "skipped"),
}


def check_console(*, stderr: bool) -> Console:
    """Return a console that is wide enough for the table."""
    console = Console(stderr=stderr, highlight=False)
    if console.is_terminal:
        return console
    return Console(stderr=stderr, highlight=False, width=WIDTH)


def table(lines: Sequence[Line], title: str) -> Table:
    """Return all lines as a table, advice below the reason."""
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
        verdict = Text(finding.verdict.value, _VERDICTS[finding.verdict][0])
        shown.add_row(verdict, line.check, plain(line.source), found)
    return shown


def merged(lines: Sequence[Line]) -> list[Line]:
    """Return one line for all sources with the same finding of a check."""
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
    return {word: counts[verdict] for verdict, (_, word) in _VERDICTS.items()}


def summary(lines: Sequence[Line]) -> str:
    """Return the counts as one line."""
    return ", ".join(f"{count} {word}" for word, count in counted(lines).items())


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All lines of a run; `complete` says whether every check was run."""

    robot: str
    service: str
    lines: Sequence[Line]
    took_s: float
    complete: bool

    def to_json(self) -> str:
        """Return it as a JSON document."""
        document = {
            "program": f"spot-webcam {__version__}",
            "robot": self.robot,
            "service": self.service,
            "seconds": round(self.took_s, 1),
            "complete": self.complete,
            "counts": counted(self.lines),
            "lines": [
                {
                    "verdict": line.finding.verdict.value,
                    "check": line.check,
                    "source": line.source,
                    "reason": line.finding.reason,
                    "advice": line.finding.advice,
                }
                for line in self.lines
            ],
        }
        return json.dumps(document, indent=2) + "\n"


class ReportFile:
    """File of `--json`: opened before the first call, removed again without a report."""

    def __init__(self, name: str | None) -> None:
        """Take the value of `--json`, `None` for no report.

        Raises:
            CouldNotRun: the file cannot be written.
        """
        self._name = name
        self._created = False
        if name is None or name == STDOUT:
            return
        path = Path(name)
        try:
            self._created = not path.exists()
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a"):
                pass
        except OSError as error:
            raise _not_written(name, error) from error

    def write(self, text: str) -> None:
        """Write the report; raises `CouldNotRun`, as when the disk is full."""
        if self._name is None:
            return
        try:
            if self._name == STDOUT:
                sys.stdout.write(text)
                sys.stdout.flush()
            else:
                Path(self._name).write_text(text)
        except OSError as error:
            if self._name == STDOUT:
                _discard_standard_output()
            raise _not_written(self._name, error) from error

    def discard(self) -> None:
        """Remove the file if this program created it."""
        if self._created and self._name is not None:
            Path(self._name).unlink(missing_ok=True)


def _not_written(name: str, error: OSError) -> CouldNotRun:
    return CouldNotRun(f"--json {name}: {error.strerror or error}: choose another file")


def _discard_standard_output() -> None:
    """Keep the interpreter from writing the rest of the buffer, and failing again, at its end."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):  # a stream in memory
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
