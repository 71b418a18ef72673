"""Output of the findings: text for people, JSON for programs, and the exit code."""

import json as json_format
import sys
from collections import Counter
from collections.abc import Sequence

from spot_webcam import __version__
from spot_webcam.app.cli.command_line import EXIT_COULD_NOT_RUN, EXIT_STOPPED
from spot_webcam.tools.doctor.findings import Finding, Severity

# No rich: a package that is missing is a finding, and not the end of the report.
_STYLES = {Severity.OK: "32", Severity.WARNING: "33", Severity.ERROR: "1;31"}
_WORD_WIDTH = 8


def show(findings: Sequence[Finding], *, json: bool, strict: bool) -> int:
    """Print the findings; return 1 if there are errors, or with `strict` warnings."""
    sys.stdout.write(_document(findings) if json else _text(findings, sys.stdout.isatty()))
    sys.stdout.flush()
    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return EXIT_COULD_NOT_RUN if any(one.severity in bad for one in findings) else EXIT_STOPPED


def _document(findings: Sequence[Finding]) -> str:
    document = {
        "program": f"spot-webcam {__version__}",
        "counts": _counts(findings),
        "findings": [
            {
                "severity": one.severity.value,
                "about": one.about,
                "found": one.found,
                "meaning": one.meaning,
                "advice": one.advice,
            }
            for one in findings
        ],
    }
    return json_format.dumps(document, indent=2) + "\n"


def _text(findings: Sequence[Finding], is_terminal: bool) -> str:
    lines: list[str] = []
    indent = " " * _WORD_WIDTH
    for one in findings:
        word = f"{one.severity.value:{_WORD_WIDTH}}"
        if is_terminal:
            word = f"\x1b[{_STYLES[one.severity]}m{word}\x1b[0m"
        lines.append(f"{word}{one.about}: {printable(one.found)}")
        if one.meaning:
            lines.append(f"{indent}  {printable(one.meaning)}")
        if one.advice:
            lines.append(f"{indent}  -> {printable(one.advice)}")
    counts = _counts(findings)
    lines.append(", ".join(f"{count} {word}" for word, count in counts.items()))
    return "\n".join(lines) + "\n"


def _counts(findings: Sequence[Finding]) -> dict[str, int]:
    counts = Counter(one.severity for one in findings)
    return {severity.value: counts[severity] for severity in Severity}


def printable(text: str) -> str:
    """Return a text of a device or a robot without characters that could control a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)
