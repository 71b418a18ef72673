from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from spot_webcam.tools.demo.runner import Outcome, run_scenario
from spot_webcam.tools.demo.scenario import Scenario


@dataclass(frozen=True)
class Played:
    """Outcome of a scenario, and its timeline."""

    outcome: Outcome
    timeline: list[str]

    def explained(self) -> str:
        """Return the misses and the timeline."""
        return "\n".join([*self.outcome.misses, "", *self.timeline])


Play = Callable[..., Played]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Play a scenario, on the conducted clock by default."""

    def begin(scenario: Scenario, *, fast: bool = True, seed: int = 1) -> Played:
        rows: list[str] = []
        outcome = run_scenario(
            scenario,
            tmp_path,
            fast=fast,
            show=lambda row: rows.append(str(row)),
            stopping=threading.Event(),
            seed=seed,
        )
        return Played(outcome, rows)

    return begin
