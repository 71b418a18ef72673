"""All that was found, as it is written."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone

from spot_webcam.tools.bench.machine import machine
from spot_webcam.tools.bench.results import Results
from spot_webcam.tools.bench.rows import Row, rows
from spot_webcam.tools.bench.scaling import Cell, scaling
from spot_webcam.tools.bench.settings import Settings


def _today() -> str:
    return datetime.now(timezone.utc).date().isoformat()


@dataclass(frozen=True, slots=True)
class Report:
    """The figures, and where they come from."""

    settings: Settings
    results: Results
    rows: list[Row]
    cells: list[Cell]
    machine: dict[str, object] = field(default_factory=machine)
    date: str = field(default_factory=_today)

    @property
    def missed(self) -> list[str]:
        """What is not as it must be."""
        return [f"{row.title}, {row.must}" for row in self.rows if row.ok is False]

    def to_json(self) -> str:
        """Return everything, each run's figures included."""
        found = {
            "date": self.date,
            "machine": self.machine,
            "settings": asdict(self.settings),
            "rows": [_row_facts(row) for row in self.rows],
            "scaling": [asdict(cell) for cell in self.cells],
            "runs": [asdict(run) for run in self.results.runs],
            "remarks": self.results.remarks,
        }
        return json.dumps(found, indent=1) + "\n"


def report_of(results: Results, settings: Settings) -> Report:
    """Return the report of some runs."""
    return Report(settings, results, rows(results, settings), scaling(results, settings))


def _row_facts(row: Row) -> dict[str, object]:
    return {
        "measure": row.title,
        "unit": row.unit,
        **row.figures,
        "ratios": row.ratios,
        "must": row.must,
        "ok": row.ok,
    }
