"""Output of the findings: text for people, JSON for programs."""

import json
from collections import Counter
from collections.abc import Sequence

from spot_webcam import __version__
from spot_webcam.tools.doctor.report import printable
from spot_webcam.tools.extension.lint.finding import Finding, Severity

_WORD_WIDTH = 8


def as_json(file: str, findings: Sequence[Finding]) -> str:
    """Return one JSON document."""
    document = {
        "program": f"spot-webcam {__version__}",
        "file": file,
        "counts": _counts(findings),
        "findings": [
            {
                "rule": one.rule.id,
                "severity": one.rule.severity.value,
                "member": one.place.member,
                "key": one.place.key,
                "line": one.place.line or None,
                "found": one.found,
                "why": one.rule.why,
                "fix": one.rule.fix,
            }
            for one in findings
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def as_text(findings: Sequence[Finding]) -> str:
    """Return two lines for each finding, and the counts."""
    lines: list[str] = []
    indent = " " * _WORD_WIDTH
    for one in findings:
        place = f"{one.place}: " if str(one.place) else ""
        lines.append(f"{one.rule.severity.value:{_WORD_WIDTH}}{place}{one.found} [{one.rule.id}]")
        lines.append(f"{indent}  -> {one.rule.fix} ({one.rule.why})")
    counts = ", ".join(
        f"{count} {word}{'' if count == 1 else 's'}" for word, count in _counts(findings).items()
    )
    return "".join(f"{printable(line)}\n" for line in [*lines, counts])


def _counts(findings: Sequence[Finding]) -> dict[str, int]:
    counts = Counter(one.rule.severity for one in findings)
    return {severity.value: counts[severity] for severity in Severity}
