"""Runs a program in the foreground, as a shell would."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

from spot_webcam.app.cli.command_line import CouldNotRun

EXIT_CANNOT_EXECUTE, EXIT_NOT_FOUND, EXIT_BY_SIGNAL = 126, 127, 128
LOOK_S = 0.1
_STANDARD_STREAMS = (0, 1, 2)
# What the program has after a signal, and then after SIGTERM.
GRACE_S, LAST_GRACE_S = 5.0, 2.0
# So many Ctrl-C within so many seconds end a program in a terminal that goes on at each.
IMPATIENT_COUNT, IMPATIENT_S = 3, 5.0
# Those that are the program's, too.
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
        NoSuchProgram: it is not there, or cannot be executed.
    """
    with _signals_noted() as noted:
        program = _start(words, environment)
        return _exit_code(_attend(program, noted, _in_terminal))


def _start(words: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    name = words[0]
    try:
        return subprocess.Popen(words, env=environment)  # noqa: S603 - what the user asks for
    except FileNotFoundError:
        raise NoSuchProgram(f"there is no program {name!r}", EXIT_NOT_FOUND) from None
    except OSError as error:
        hint = f": say python3 {name}" if name.endswith(".py") else ""
        raise NoSuchProgram(
            f"cannot run {name!r}: {error.strerror}{hint}", EXIT_CANNOT_EXECUTE
        ) from None


@contextmanager
def _signals_noted() -> Iterator[list[signal.Signals]]:
    """Give a list that grows by each signal, instead of what they do by default."""
    noted: list[signal.Signals] = []

    def note(number: int, _frame: FrameType | None) -> None:
        noted.append(signal.Signals(number))

    before = {number: signal.signal(number, note) for number in _PASSED_ON}
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _attend(
    program: "subprocess.Popen[bytes]",
    noted: list[signal.Signals],
    in_terminal: Callable[[], bool],
) -> int:
    """Wait for the program's end, and see that there is one after a signal."""
    end_by_s: float | None = None
    interrupts: list[float] = []
    while True:
        with suppress(subprocess.TimeoutExpired):
            return program.wait(LOOK_S)
        now_s = time.monotonic()
        while noted:
            number = noted.pop(0)
            # Asked each time: a shell may have put both in the background meanwhile.
            if number in {signal.SIGINT, signal.SIGQUIT} and in_terminal():
                interrupts = [one for one in interrupts if now_s - one < IMPATIENT_S] + [now_s]
                if len(interrupts) < IMPATIENT_COUNT:
                    continue
                number = signal.SIGTERM
            program.send_signal(number)
            end_by_s = end_by_s or now_s + GRACE_S
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
    """Whether Ctrl-C reaches the program by itself: the terminal tells all of its foreground.

    One standard stream there is enough: others may lead into files. With none, some program has
    started this one, as tests do from a terminal, and means this process alone by a signal.
    """
    return any(_foreground_of(stream) == os.getpgrp() for stream in _STANDARD_STREAMS)


def _foreground_of(stream: int) -> int | None:
    try:
        return os.tcgetpgrp(stream)
    except OSError:  # no terminal, or none of ours
        return None


def _exit_code(returned: int) -> int:
    return EXIT_BY_SIGNAL - returned if returned < 0 else returned
