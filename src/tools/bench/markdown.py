"""The tables, for a document."""

from collections.abc import Iterable, Sequence

from spot_webcam.tools.bench.report import Report
from spot_webcam.tools.bench.table import ROW_HEAD, SCALING_HEAD, row_words, scaling_words

_OK = {True: "yes", False: "**no**", None: ""}


def markdown(report: Report) -> str:
    """Return all tables under a line that tells the machine."""
    parts = [headline(report)]
    if report.rows:
        parts.append(_table(ROW_HEAD, ([*row_words(row), _OK[row.ok]] for row in report.rows)))
    if report.cells:
        parts.append(_table(SCALING_HEAD, scaling_words(report.cells)))
    return "\n\n".join(parts) + "\n"


def headline(report: Report) -> str:
    """Say where, when and how it was measured."""
    facts, settings = report.machine, report.settings
    source = f"{settings.cols}x{settings.rows} at {settings.fps:g} fps"
    if settings.device is not None:
        source = f"the camera {settings.device}"
    runs = "one run" if settings.rounds == 1 else f"medians of {settings.rounds} runs"
    return (
        f"{report.date}, {facts['cpu']}, {facts['cores']} cores, Python {facts['python']},"
        f" {source}: {runs} of {settings.seconds:g} s."
    )


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    drawn = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(words) + " |" for words in drawn)
