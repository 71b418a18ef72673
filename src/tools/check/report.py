"""The result for machines."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from spot_webcam import __version__
from spot_webcam.tools.check.finding import Line
from spot_webcam.tools.check.table import counted


@dataclass(frozen=True, slots=True)
class Report:
    """All lines, of what, and whether they are all that there are."""

    robot: str
    service: str
    lines: Sequence[Line]
    took_s: float
    complete: bool

    def to_json(self) -> str:
        """Return it as a JSON document."""
        told = {
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
        return json.dumps(told, indent=2) + "\n"
