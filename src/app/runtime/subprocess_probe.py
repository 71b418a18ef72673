"""Questions to drivers that may never answer."""

import os
import pickle
import select
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol, TypeAlias, TypeVar

# How often it is looked whether to go on waiting.
LOOK_S = 0.1

_T = TypeVar("_T")
Question: TypeAlias = Callable[[], _T]
# What it returned, alone in a tuple, or raised; `None` if nothing came.
Answer: TypeAlias = tuple[_T] | Exception | None


class Ask(Protocol):
    """Puts questions that a driver may leave unanswered, all at once."""

    def __call__(
        self, questions: Sequence[Question[_T]], stopping: threading.Event, patience_s: float, /
    ) -> list[Answer[_T]]:
        """Wait until all are answered, patience is over or the event is set."""
        ...


def run_in_subprocess(
    questions: "Sequence[Question[_T]]", stopping: threading.Event, patience_s: float
) -> "list[Answer[_T]]":
    """Ask each in a process of its own, and leave behind those that do not answer.

    A thread that a driver holds keeps its whole process from ending, whatever signal it gets.
    """
    asked = [_ask(question) for question in questions]
    end_s = time.monotonic() + patience_s
    left_s = patience_s
    waiting = {pipe for pipe, _ in asked}
    received = dict.fromkeys(waiting, b"")
    while waiting and left_s > 0 and not stopping.is_set():
        for pipe in select.select(list(waiting), [], [], min(LOOK_S, left_s))[0]:
            part = os.read(pipe, 1 << 16)
            received[pipe] += part
            if not part:
                waiting.remove(pipe)
        left_s = end_s - time.monotonic()
    for pipe, child in asked:
        os.close(pipe)
        # It dies when its driver lets go of it; a child that answered has nothing left to do.
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        if pipe not in waiting:
            os.waitpid(child, 0)
    # Nothing comes from a child that was ended from outside.
    answers = (received[pipe] if pipe not in waiting else b"" for pipe, _ in asked)
    return [pickle.loads(data) if data else None for data in answers]  # noqa: S301 - our own


def _ask(question: "Question[_T]") -> tuple[int, int]:
    """Return the pipe that the answer will come through, and the child that will send it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return reading, child
    try:
        _let_go_of_all_but(writing)
        answer: tuple[_T] | Exception
        try:
            answer = (question(),)
        except Exception as error:  # noqa: BLE001 - raised again where it is awaited
            answer = error
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(pickle.dumps(answer))
    finally:
        os._exit(0)


def _let_go_of_all_but(pipe: int) -> None:
    """Keep no one waiting for a child that hangs: who reads our output, or our signals."""
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    os.closerange(3, pipe)
    os.closerange(pipe + 1, os.sysconf("SC_OPEN_MAX"))
