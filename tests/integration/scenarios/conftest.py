from __future__ import annotations

import functools
import gc
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from spot_webcam.tools.demo.runner import Outcome, run_scenario
from spot_webcam.tools.demo.scenario import Scenario
from spot_webcam.tools.demo.scenario_file import find
from tests.threads import threads_of_python
from tests.timing import eventually


@dataclass(frozen=True)
class Played:
    """Outcome of a scenario, and its timeline."""

    outcome: Outcome
    timeline: list[str]

    def explained(self) -> str:
        """Return the misses and the timeline."""
        return "\n".join([*self.outcome.misses, "", *self.timeline])


Play = Callable[..., Played]


@pytest.fixture(scope="session")
def play(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Play a scenario, on the conducted clock by default."""

    def begin(scenario: Scenario, *, fast: bool = True, seed: int = 1) -> Played:
        rows: list[str] = []
        outcome = run_scenario(
            scenario,
            tmp_path_factory.mktemp("scenario"),
            fast=fast,
            show=lambda row: rows.append(str(row)),
            stopping=threading.Event(),
            seed=seed,
        )
        return Played(outcome, rows)

    return begin


@pytest.fixture(scope="session")
def first_play(play: Play) -> Callable[[str], Played]:
    """Return what a shipped scenario showed when a test of this process played it first."""
    return functools.cache(lambda name: play(find(name)))


@pytest.fixture
def nothing_left(first_play: Callable[[str], Played]) -> Iterator[None]:
    """Fail a test that leaves threads or file descriptors behind."""
    first_play("slow")  # pools of libraries and their pipes are created once and stay
    gc.collect()
    threads, descriptors = _threads(), _descriptors()
    yield
    gc.collect()  # pictures of camera processes lie in shared memory, which is a descriptor
    # gRPC closes its sockets asynchronously.
    is_as_before = eventually(lambda: not _more_than(threads, descriptors))
    assert is_as_before, (threads, _threads(), descriptors, _descriptors())


def _more_than(threads: int, descriptors: int) -> bool:
    return _threads() > threads or _descriptors() > descriptors


def _threads() -> int:
    return len(threads_of_python())


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
