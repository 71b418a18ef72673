"""The daemon as a process beside a fake robot, and what Linux tells of it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from spot_webcam.fakes.robot import FakeRobot

GUID, SECRET = "bench-payload", "bench-secret"
NAME = "under-test"
START_TIMEOUT_S = 30.0


@contextmanager
def running(robot: FakeRobot, log: Path, *flags: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Start the daemon with further flags, and wait until it is registered."""
    command = [
        *(sys.executable, "-m", "spot_webcam", "serve", robot.address, "--host-ip", "127.0.0.1"),
        *("--robot-port", str(robot.port), "--robot-ca", str(robot.ca_file)),
        *("--guid", GUID, "--secret", SECRET, "--service-name", NAME, "--authority", NAME),
        *flags,
    ]
    with log.open("wb") as log_file:
        process = subprocess.Popen(command, stdout=log_file, stderr=log_file)  # noqa: S603
        try:
            if not robot.wait_for(robot.services, START_TIMEOUT_S):
                raise SystemExit(f"the daemon did not register:\n{log.read_text()}")
            yield process
        finally:
            process.terminate()
            process.wait(START_TIMEOUT_S)


def status_kb(pid: int, name: str) -> int:
    """Return a size of a process, such as VmRSS or VmHWM, in KiB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition(f"\n{name}:")[2].split()[0])


def pss_kb(pid: int) -> int:
    """Return the memory of a process, its part of shared pages, in KiB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(text.partition("\nPss:")[2].split()[0])


def descriptors(pid: int) -> int:
    """Return how many files, sockets and pipes a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def threads(pid: int) -> int:
    """Return how many threads a process has."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that still are."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has just ended
            found += map(int, (task / "children").read_text().split())
    return found
