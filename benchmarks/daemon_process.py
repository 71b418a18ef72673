"""A daemon as a process beside a fake robot, and its resources as Linux reports them."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.tools.bench.contender import GUID, SECRET, serve_command

SERVICE = "under-test"
START_TIMEOUT_S = 30.0


@contextmanager
def running(robot: FakeRobot, log: Path, *flags: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Start the daemon with further flags, and wait until it is registered."""
    robot.register_payload(GUID, SECRET)
    command = serve_command(robot, SERVICE, *flags)
    with log.open("wb") as log_file:
        process = subprocess.Popen(command, stdout=log_file, stderr=log_file)  # noqa: S603
        try:
            if not robot.wait_for(robot.services, START_TIMEOUT_S):
                raise SystemExit(f"the daemon did not register:\n{log.read_text()}")
            yield process
        finally:
            process.terminate()
            process.wait(START_TIMEOUT_S)


def status_mib(pid: int, name: str) -> float:
    """Return a size of a process, such as VmRSS or VmHWM."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition(f"\n{name}:")[2].split()[0]) / 1024


def descriptors(pid: int) -> int:
    """Return the number of open files, sockets and pipes of a process."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def threads(pid: int) -> int:
    """Return the number of threads of a process."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))
