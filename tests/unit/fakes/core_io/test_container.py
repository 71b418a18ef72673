"""Containers: restart policies, and how they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from spot_webcam.fakes.core_io.container import Container, Policy, Processes
from tests.timing import PATIENCE_S, eventually
from tests.unit.fakes.core_io.conftest import FakeProcesses


def container(folder: Path, processes: FakeProcesses, restart: str, grace_s: float) -> Container:
    policy = Policy(restart, signal.SIGTERM, grace_s)
    return Container("app", ["program"], folder / "log", policy, processes)


@pytest.mark.parametrize(
    ("restart", "codes", "restarts"),
    [
        ("no", (1,), 0),
        ("on-failure", (0,), 0),
        ("on-failure", (1, 0), 1),
        ("always", (0, 1), 2),
        ("unless-stopped", (0, -9), 2),
    ],
)
def test_process_is_started_again_by_the_policy(
    restart: str, codes: tuple[int, ...], restarts: int, tmp_path: Path
) -> None:
    processes = FakeProcesses(*codes)
    one = container(tmp_path, processes, restart, PATIENCE_S)
    assert one.restarts == 0
    one.start()
    assert eventually(lambda: one.restarts == restarts)
    goes_on = restart in {"always", "unless-stopped"}
    assert eventually(lambda: one.is_running is goes_on)
    one.stop()
    assert not one.is_running
    assert one.restarts == restarts


def test_process_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    processes = FakeProcesses()
    processes.ignored = {signal.SIGTERM}
    one = container(tmp_path, processes, "always", 0.01)
    one.start()
    assert eventually(lambda: one.pid == 0)
    one.stop()
    assert processes.signals == [signal.SIGTERM, signal.SIGKILL]
    assert one.pid is None


def test_container_that_never_started_can_be_stopped(tmp_path: Path) -> None:
    one = container(tmp_path, FakeProcesses(), "always", 1)
    one.stop()
    assert not one.is_running


def test_pause_is_short_again_after_a_long_run(tmp_path: Path) -> None:
    # Each look at the clock is a minute later: all runs are long, and no pause doubles.
    minutes = iter(range(0, 60_000, 60))
    policy = Policy("always", signal.SIGTERM, PATIENCE_S)
    processes = FakeProcesses(1, 1, 1, 1)
    one = Container(
        "app", ["program"], tmp_path / "log", policy, processes, lambda: float(next(minutes))
    )
    one.start()
    assert eventually(lambda: one.restarts == 4)
    one.stop()


def test_processes_are_those_of_this_computer(tmp_path: Path) -> None:
    processes = Processes()
    log = tmp_path / "log"
    with log.open("wb") as file:
        parent = processes.start(
            [
                sys.executable,
                "-I",
                "-S",
                "-c",
                "import os, sys; sys.exit(os.getsid(0) != os.getpid())",
            ],
            file.fileno(),
        )
    assert isinstance(parent, subprocess.Popen)
    processes.kill(parent.pid, signal.SIGCONT)
    assert parent.wait(PATIENCE_S) == 0
    processes.kill(parent.pid, signal.SIGKILL)  # it is gone: nothing happens
    assert processes.first_child(parent.pid) is None
    with subprocess.Popen(["sleep", "60"]) as child:  # noqa: S607
        assert processes.first_child(os.getpid()) is not None
        assert processes.first_child(child.pid) is None
        child.kill()
