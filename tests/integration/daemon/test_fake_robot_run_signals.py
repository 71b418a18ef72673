"""`spot-webcam fake-robot run`: signals, and Ctrl-C in a terminal."""

from __future__ import annotations

import os
import pty
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

PYTHON = sys.executable
RUN = ("fake-robot", "run")

WAITS = """
import sys, time
try:
    print("begun", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.exit(5)
"""
# It says how often it was interrupted within what `run` takes to pass a signal on, and more.
COUNTS = """
import signal, sys, time
interrupts = []
signal.signal(signal.SIGINT, lambda *_: interrupts.append(print("interrupted", flush=True)))
print("begun", flush=True)
while not interrupts:
    time.sleep(0.01)
end_s = time.monotonic() + 1
while time.monotonic() < end_s:
    time.sleep(0.01)
sys.exit(len(interrupts))
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("begun", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 5), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_signal_goes_to_the_program(
    command: Any, program: Callable[[str], str], number: signal.Signals, code: int
) -> None:
    process = command.start(*RUN, "--", PYTHON, program(WAITS))
    process.wait_for("begun", process.out_file)
    process.popen.send_signal(number)
    assert process.end().code == code


def test_program_that_goes_on_is_ended(command: Any, program: Callable[[str], str]) -> None:
    process = command.start(*RUN, "--", PYTHON, program(STUBBORN))
    process.wait_for("begun", process.out_file)
    process.popen.send_signal(signal.SIGINT)
    assert process.end().code == 128 + signal.SIGTERM


@pytest.fixture
def terminal() -> Iterator[Callable[..., Any]]:
    """Run a program in a terminal of its own; return its exit code and what was to be seen."""
    begun: list[tuple[int, int]] = []

    def run(file: str, keys: bytes, *, redirected: int | None = None) -> tuple[int, bytes]:
        pid, screen = pty.fork()
        if pid == 0:
            # The child is none of a test any more.
            if redirected is not None:
                os.dup2(os.open(os.devnull, os.O_RDWR), redirected)
            os.execv(  # noqa: S606
                PYTHON, [PYTHON, "-m", "spot_webcam", *RUN, "--", PYTHON, file]
            )
        begun.append((pid, screen))
        seen = b""
        while b"begun" not in seen:
            seen += os.read(screen, 1000)
        os.write(screen, keys)
        try:
            while more := os.read(screen, 1000):
                seen += more
        except OSError:  # as Linux says that the other side is closed
            pass
        begun.clear()
        os.close(screen)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen

    yield run
    for pid, screen in begun:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(screen)


# pty.fork warns where there are threads; those of the fixtures do nothing in the child.
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("redirected", [None, 0, 2])
def test_ctrl_c_goes_to_the_program_once(
    terminal: Callable[..., Any], program: Callable[[str], str], redirected: int | None
) -> None:
    code, seen = terminal(program(COUNTS), b"\x03", redirected=redirected)
    assert code == 1
    assert seen.count(b"interrupted") == 1


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_quit_ends_program_and_robot_alike(
    terminal: Callable[..., Any], program: Callable[[str], str]
) -> None:
    code, _ = terminal(program(STUBBORN), b"\x1c")  # Ctrl-\\, which it does not ignore
    assert code == 128 + signal.SIGQUIT
