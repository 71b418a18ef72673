"""Foreground process: started, signalled and waited for as a shell does."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

from spot_webcam.app.cli.command_line import CouldNotRun

EXIT_CANNOT_EXECUTE, EXIT_NOT_FOUND, EXIT_BY_SIGNAL = 126, 127, 128
POLL_S = 0.1
_STANDARD_STREAMS = (0, 1, 2)
# Time for the program to end after a signal, and then after SIGTERM.
GRACE_S, LAST_GRACE_S = 5.0, 2.0
# So many Ctrl-C within so many seconds end a program in a terminal that ignores each of them.
IMPATIENT_COUNT, IMPATIENT_S = 3, 5.0
# Signals that are passed on to the program.
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class NoSuchProgram(CouldNotRun):
    """The program cannot be started; `exit_code` is a shell's for that."""

    def __init__(self, reason: str, exit_code: int) -> None:
        super().__init__(reason)
        self.exit_code = exit_code


def run_program(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a program to its end, and return its exit code, 128 + n for signal n.

    Standard streams are its own. SIGTERM and SIGHUP are passed on, and SIGINT where no terminal
    sends it to the program itself. A program that is not gone seconds later is ended; but one in
    a terminal may take Ctrl-C as it likes (a prompt, a debugger), unless there are three in a row.

    Raises:
        NoSuchProgram: it does not exist, or cannot be executed.
    """
    with _recorded_signals() as received:
        program = _start(words, environment)
        return exit_code(wait_for_end(program, received, _in_terminal))


def _start(words: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    name = words[0]
    try:
        return subprocess.Popen(words, env=environment)  # noqa: S603 - the user's own program
    except FileNotFoundError:
        raise NoSuchProgram(f"there is no program {name!r}", EXIT_NOT_FOUND) from None
    except OSError as error:
        hint = f": say python3 {name}" if name.endswith(".py") else ""
        raise NoSuchProgram(
            f"cannot run {name!r}: {error.strerror}{hint}", EXIT_CANNOT_EXECUTE
        ) from None


@contextmanager
def _recorded_signals() -> Iterator[list[signal.Signals]]:
    """Collect signals in a list instead of their default actions."""
    received: list[signal.Signals] = []

    def record(number: int, _frame: FrameType | None) -> None:
        received.append(signal.Signals(number))

    before = {number: signal.signal(number, record) for number in _PASSED_ON}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wait_for_end(
    program: "subprocess.Popen[bytes]",
    received: list[signal.Signals],
    in_terminal: Callable[[], bool],
    grace_s: float = GRACE_S,
) -> int:
    """Wait for the program's end; pass signals on, and end the program `grace_s` after one."""
    end_by_s: float | None = None
    interrupts: list[float] = []
    while True:
        with suppress(subprocess.TimeoutExpired):
            return program.wait(POLL_S)
        now_s = time.monotonic()
        while received:
            number = received.pop(0)
            # Checked each time: a shell may have put both into the background meanwhile.
            if number in {signal.SIGINT, signal.SIGQUIT} and in_terminal():
                interrupts = [at_s for at_s in interrupts if now_s - at_s < IMPATIENT_S] + [now_s]
                if len(interrupts) < IMPATIENT_COUNT:
                    continue
                number = signal.SIGTERM
            program.send_signal(number)
            end_by_s = end_by_s or now_s + grace_s
        if end_by_s is not None and now_s > end_by_s:
            return _end(program)


def _end(program: "subprocess.Popen[bytes]") -> int:
    program.terminate()
    try:
        return program.wait(LAST_GRACE_S)
    except subprocess.TimeoutExpired:
        program.kill()
        return program.wait()


def _in_terminal() -> bool:
    """Whether Ctrl-C reaches the program anyway: the terminal signals its foreground group.

    One standard stream on the terminal is enough: others may be files. With none, another program
    started this one, as tests do, and signals this process alone.
    """
    return any(_foreground_of(stream) == os.getpgrp() for stream in _STANDARD_STREAMS)


def _foreground_of(stream: int) -> int | None:
    try:
        return os.tcgetpgrp(stream)
    except OSError:  # not a terminal, or not ours
        return None


def exit_code(returned: int) -> int:
    """Return a shell's exit code for what `Popen.wait` returned."""
    return EXIT_BY_SIGNAL - returned if returned < 0 else returned
