"""Signals to a foreground program; no process is started."""

from __future__ import annotations

import signal
import subprocess
from signal import SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM
from typing import Any

import pytest

from spot_webcam.tools.fake_robot.program import exit_code, wait_for_end


class Program:
    """Ends by one of some signals, or after so many looks; time does not pass."""

    def __init__(self, ends_by: set[signal.Signals], looks: int = 10) -> None:
        self.sent: list[signal.Signals] = []
        self._ends_by = ends_by
        self._looks = looks

    def wait(self, timeout: float | None = None) -> int:
        self._looks -= 1
        for number in self.sent:
            if number in self._ends_by:
                return -number
        if self._looks < 0:
            return 0
        assert timeout is not None
        raise subprocess.TimeoutExpired("program", timeout)

    def send_signal(self, number: signal.Signals) -> None:
        self.sent.append(number)

    def terminate(self) -> None:
        self.sent.append(SIGTERM)

    def kill(self) -> None:
        self.sent.append(SIGKILL)


@pytest.mark.parametrize("number", [SIGINT, SIGTERM, SIGHUP, SIGQUIT])
def test_signal_is_passed_on(number: signal.Signals) -> None:
    program = Program({number})
    assert wait_for_end(program, [number], lambda: False) == -number  # type: ignore[arg-type]
    assert program.sent == [number]


@pytest.mark.parametrize("numbers", [[SIGINT], [SIGINT, SIGINT], [SIGQUIT]])
def test_terminal_s_own_signals_are_not_sent_twice(numbers: list[signal.Signals]) -> None:
    program = Program(set())
    assert wait_for_end(program, numbers, lambda: True) == 0  # type: ignore[arg-type]
    assert program.sent == []


@pytest.mark.parametrize("number", [SIGTERM, SIGHUP])
def test_other_signals_are_passed_on_in_a_terminal_too(number: signal.Signals) -> None:
    program = Program({number})
    assert wait_for_end(program, [number], lambda: True) == -number  # type: ignore[arg-type]


def test_three_interrupts_in_a_row_end_a_program_in_a_terminal() -> None:
    program = Program({SIGTERM})
    assert wait_for_end(program, [SIGINT] * 3, lambda: True) == -SIGTERM  # type: ignore[arg-type]


@pytest.mark.parametrize("last", [SIGTERM, SIGKILL])
def test_program_that_goes_on_is_ended(last: signal.Signals) -> None:
    program: Any = Program({last})
    assert wait_for_end(program, [SIGINT], lambda: False, grace_s=-1.0) == -last
    assert program.sent == [SIGINT, SIGTERM, SIGKILL][: 2 if last is SIGTERM else 3]


def test_exit_code_is_a_shell_s() -> None:
    assert [exit_code(returned) for returned in (0, 7, -SIGKILL)] == [0, 7, 137]
