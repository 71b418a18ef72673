"""SIGINT and SIGTERM, whenever they come."""

import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.fakes.robot.state.changes import Changes
from tests.timing import eventually

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Pause before a signal, after what was waited for; the milestones below are this far apart.
MAX_PAUSE_S = 0.3
Milestone = Callable[[Any], bool]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells how far it is")


def _has(process: Any, field: str) -> bool:
    """Whether both signals are in a set of the process, as Linux tells it."""
    status = Path(f"/proc/{process.popen.pid}/status").read_text()
    bits = int(status.partition(f"\n{field}:")[2].split()[0], 16)
    return all(bits >> (number - 1) & 1 for number in SIGNALS)


def _caught(process: Any) -> bool:
    return _has(process, "SigCgt") and not _has(process, "SigBlk")


def _said(text: str) -> Milestone:
    return lambda process: text in process.err_file.read_text()


MILESTONES: dict[str, Milestone] = {
    # Before it, no line of ours has run.
    "our first line": lambda process: _has(process, "SigBlk") or _caught(process),
    "handlers": _caught,
    "listening": _said("serving on port"),
    "connected": _said("connected to"),
    "registered": _said(": registered"),
}


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    seed = int(os.environ.get("SIGNAL_SEED", random.SystemRandom().randrange(10**6)))
    print(f"SIGNAL_SEED={seed}")  # noqa: T201 - pytest shows it when the test fails
    return random.Random(seed)  # noqa: S311 - no secret


def _reach(process: Any, milestone: Milestone) -> None:
    assert eventually(lambda: process.popen.poll() is not None or milestone(process))


@pytest.mark.parametrize("name", MILESTONES)
def test_signal_at_any_moment_ends_with_0_and_leaves_nothing_on_the_robot(
    name: str, robot: FakeRobot, command: Any, serve_flags: list[str], chance: random.Random
) -> None:
    devices = ("--device-name=gone=synthetic:?script=absent@0s", "--device-name=synthetic:")
    processes = []
    for turn, number in enumerate(SIGNALS):
        own = (f"--service-name=turn-{turn}", f"--authority=turn-{turn}")
        process = command.start(*serve_flags, *own, *devices)
        _reach(process, MILESTONES[name])
        Changes().wait_for(lambda: False, chance.random() * MAX_PAUSE_S)
        process.popen.send_signal(number)
        processes.append(process)
    for process in processes:
        ended = process.end()
        assert ended.code == 0, ended.err
        assert "Traceback" not in ended.err
        assert "threads still blocked" not in ended.err
    assert robot.services() == []
    assert robot.faults() == []


def test_further_signals_change_nothing(
    robot: FakeRobot, command: Any, serve_flags: list[str], chance: random.Random
) -> None:
    process = command.start(*serve_flags, "--device-name=synthetic:")
    process.wait_for(": registered")
    while process.popen.poll() is None:
        process.popen.send_signal(chance.choice(SIGNALS))
        Changes().wait_for(lambda: False, 0.01)
    ended = process.end()
    assert ended.code == 0, ended.err
    assert "Traceback" not in ended.err
    assert robot.services() == []


def test_signal_ends_another_command_while_it_is_imported(
    command: Any, chance: random.Random
) -> None:
    # A demo that was interrupted has not shown what it was to show.
    for words, code in ((("fake-robot", "--port=0"), 0), (("demo",), 1), (("cameras",), 0)):
        process = command.start(*words)
        _reach(process, MILESTONES["our first line"])
        Changes().wait_for(lambda: False, chance.random() * MAX_PAUSE_S)
        process.popen.send_signal(chance.choice(SIGNALS))
        ended = process.end()
        assert ended.code == code, ended.err
        assert "Traceback" not in ended.err


def test_child_of_the_command_can_be_signalled(command: Any, tmp_path: Path) -> None:
    # What the command runs in processes of their own must not start with signals held back.
    program = tmp_path / "child.py"
    program.write_text(
        "import signal, subprocess, sys\n"
        "from spot_webcam.app.cli import entry, main\n"
        "from spot_webcam.app.runtime.signals import stop_signals\n"
        "def run():\n"
        "    with stop_signals():\n"
        "        shown = subprocess.run(['cat', '/proc/self/status'], capture_output=True)\n"
        "    print(shown.stdout.decode())\n"
        "    return 0\n"
        "main.main = run\n"
        "entry.main()\n"
    )
    ended = command.run(program=(sys.executable, str(program)))
    assert ended.code == 0, ended.err
    assert int(ended.out.partition("\nSigBlk:")[2].split()[0], 16) == 0
