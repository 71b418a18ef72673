from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from spot_webcam.tools.demo.scenario.running import Outcome, run
from spot_webcam.tools.demo.scenario.values import Scenario


@dataclass(frozen=True)
class Played:
    """What came of a scenario, and its timeline."""

    outcome: Outcome
    timeline: list[str]

    def explained(self) -> str:
        """What was missed, and how it came to it."""
        return "\n".join([*self.outcome.misses, "", *self.timeline])


Play = Callable[..., Played]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Play a scenario, on a fast clock unless it is asked to be real."""

    def begin(scenario: Scenario, *, fast: bool = True, seed: int = 1) -> Played:
        rows: list[str] = []
        outcome = run(
            scenario,
            tmp_path,
            fast=fast,
            tell=lambda row: rows.append(str(row)),
            stopping=threading.Event(),
            seed=seed,
        )
        return Played(outcome, rows)

    return begin
