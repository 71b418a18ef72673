"""What the host may be short of at the start: the command ends with 1, and says what."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.fakes.robot import FakeRobot

TASKS, MEMORY, DESCRIPTORS = "limit on tasks is reached", "out of memory", "too many open files"
MIB = 1024 * 1024

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's"),
]

# Runs the command once for each kind of thread of the daemon that cannot be started, each time in
# a fork, so that all is imported once.
_NO_THREAD = """
import importlib, os, sys, threading
from pathlib import Path
from spot_webcam.app.cli import entry
from spot_webcam.app.runtime.native_logs import silence_native_logs
silence_native_logs()
for name in ("cli.main", "cli.serve", "cameras.factory"):
    importlib.import_module(f"spot_webcam.app.{name}")
start = threading.Thread.start
for folder in sys.argv[1].split(","):
    lacking = Path(folder).name
    child = os.fork()
    if not child:
        def sparing(thread):
            if thread.name.endswith(lacking):
                raise RuntimeError("can't start new thread")
            start(thread)
        threading.Thread.start = sparing
        errors = os.open(f"{folder}.err", os.O_WRONLY | os.O_CREAT)
        os.dup2(errors, 2)
        del sys.argv[1]
        entry.main()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    Path(f"{folder}.code").write_text(str(code))
"""
_LIMITED = """
import os, resource, sys
limit = getattr(resource, sys.argv[1])
resource.setrlimit(limit, (int(sys.argv[2]), int(sys.argv[2])))
os.execv(sys.executable, [sys.executable, "-m", "spot_webcam", *sys.argv[3:]])
"""
# A user of its own, for whom alone the processes are counted, and who may read this tree.
_AS_USER = (
    *("setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"),
    *("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"),
)


def _limited(limit: str, value: int) -> tuple[str, ...]:
    return (sys.executable, "-c", _LIMITED, limit, str(value))


def test_thread_that_cannot_be_started_ends_the_process_with_1(
    robot: FakeRobot, command: Any, serve_flags: list[str], program: Any, tmp_path: Path
) -> None:
    threads = [
        *("signals", "required", "grpc-0", "grpc-inspect", "(_serve)", "grpc-reaper"),
        *("capture-synthetic", "robot-session", "fault-reporter"),
    ]
    folders = ",".join(str(tmp_path / name) for name in threads)
    forks = command.start(
        folders,
        *serve_flags,
        "--device-name=synthetic:",
        program=(sys.executable, program(_NO_THREAD)),
    )
    assert forks.end().code == 0
    for name in threads:
        lines = (tmp_path / f"{name}.err").read_text().splitlines()
        assert (tmp_path / f"{name}.code").read_text() == "1", name
        assert lines[-1].startswith("spot-webcam: cannot start another thread: "), name
        # Before it, there is nothing but the log of what did start.
        assert all(" INFO " in line for line in lines[:-1]), (name, lines)
    assert robot.services() == []


@pytest.mark.parametrize("mebibytes", [300, 480])
def test_little_memory_ends_the_process_with_1(
    mebibytes: int, robot: FakeRobot, command: Any, serve_flags: list[str]
) -> None:
    ended = command.run(
        *serve_flags,
        "--device-name=synthetic:",
        program=_limited("RLIMIT_AS", mebibytes * MIB),
    )
    assert ended.code == 1
    [line] = ended.err.splitlines()
    assert MEMORY in line or "OpenBLAS error: Memory allocation still failed" in line


@pytest.mark.parametrize("descriptors", [10])
def test_few_descriptors_end_the_process_with_1(
    descriptors: int, robot: FakeRobot, command: Any, serve_flags: list[str]
) -> None:
    ended = command.run(
        *serve_flags, "--device-name=synthetic:", program=_limited("RLIMIT_NOFILE", descriptors)
    )
    assert ended.code == 1
    [line] = ended.err.splitlines()
    assert DESCRIPTORS in line


@pytest.mark.parametrize("tasks", [1, 12])
def test_few_tasks_end_the_process_with_1(
    tasks: int, robot: FakeRobot, command: Any, serve_flags: list[str]
) -> None:
    as_user: tuple[str, ...] = ()
    if os.geteuid() == 0:  # whose tasks are not limited
        if shutil.which("setpriv") is None:
            pytest.skip("root has no limit of tasks, and there is no setpriv to be another user")
        as_user = _AS_USER
    elif tasks > 1:
        pytest.skip("this user's other processes are counted as well")
    ended = command.run(
        *serve_flags,
        "--device-name=synthetic:",
        program=(*as_user, *_limited("RLIMIT_NPROC", tasks)),
    )
    assert ended.code == 1
    [line] = ended.err.splitlines()
    assert TASKS in line


def test_defect_of_a_loop_ends_the_process_with_1_in_order(
    robot: FakeRobot, command: Any, serve_flags: list[str], program: Any
) -> None:
    broken = program(
        "from spot_webcam.app.cli import entry\n"
        "from spot_webcam.app.robot import fault_reporter\n"
        "step = fault_reporter.FaultReporter.step\n"
        "def broken(reporter):\n"
        "    if reporter._robot_reachable.is_set():\n"
        "        raise ZeroDivisionError('by nought')\n"
        "    return step(reporter)\n"
        "fault_reporter.FaultReporter.step = broken\n"
        "entry.main()\n"
    )
    ended = command.run(*serve_flags, "--device-name=synthetic:", program=(sys.executable, broken))
    assert ended.code == 1
    assert ended.last_line.startswith("spot-webcam: unexpected ZeroDivisionError: by nought (")
    assert ": unregistered\n" in ended.err
    assert "Traceback" not in ended.err
    assert robot.services() == []


def test_verbose_says_where_a_defect_is(
    robot: FakeRobot, command: Any, serve_flags: list[str], program: Any
) -> None:
    broken = program(
        "from spot_webcam.app import daemon\n"
        "from spot_webcam.app.cli import entry\n"
        "def broken(*_):\n"
        "    raise ZeroDivisionError('by nought')\n"
        "daemon.Daemon.start = broken\n"
        "entry.main()\n"
    )
    ended = command.run(
        *serve_flags, "--device-name=synthetic:", "-v", program=(sys.executable, broken)
    )
    assert ended.code == 1
    assert "Traceback (most recent call last):" in ended.err
    assert ended.last_line.startswith("spot-webcam: unexpected ZeroDivisionError: by nought (")
