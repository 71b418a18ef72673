"""Calls to drivers that may block for ever, in child processes that can be abandoned."""

import os
import pickle
import select
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol, TypeAlias, TypeVar

# Between checks of the event that ends the wait.
CHECK_S = 0.1

_T = TypeVar("_T")
Job: TypeAlias = Callable[[], _T]
# The returned value, alone in a tuple, or the exception; `None` if the job did not end in time.
Result: TypeAlias = tuple[_T] | Exception | None


class RunJobs(Protocol):
    """Runs jobs at the same time, each of which may block for ever."""

    def __call__(
        self, jobs: Sequence[Job[_T]], stopping: threading.Event, timeout_s: float, /
    ) -> list[Result[_T]]:
        """Wait until all jobs have ended, the timeout has passed or the event is set."""
        ...


def run_in_subprocess(
    jobs: "Sequence[Job[_T]]", stopping: threading.Event, timeout_s: float
) -> "list[Result[_T]]":
    """Run each job in a child process of its own, and abandon those that do not end.

    A thread that blocks in a driver keeps its whole process from ending, even after SIGKILL.
    """
    children = [_start(job) for job in jobs]
    deadline_s = time.monotonic() + timeout_s
    left_s = timeout_s
    waiting = {pipe for pipe, _ in children}
    received = dict.fromkeys(waiting, b"")
    while waiting and left_s > 0 and not stopping.is_set():
        for pipe in select.select(list(waiting), [], [], min(CHECK_S, left_s))[0]:
            part = os.read(pipe, 1 << 16)
            received[pipe] += part
            if not part:
                waiting.remove(pipe)
        left_s = deadline_s - time.monotonic()
    for pipe, child in children:
        os.close(pipe)
        # It ends when the driver returns; a child whose result has arrived has nothing left to do.
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        if pipe not in waiting:
            os.waitpid(child, 0)
    # A child that was killed has sent nothing.
    results = (received[pipe] if pipe not in waiting else b"" for pipe, _ in children)
    return [pickle.loads(data) if data else None for data in results]  # noqa: S301 - our own


def _start(job: "Job[_T]") -> tuple[int, int]:
    """Return the pipe that the result will arrive through, and the child that will send it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return reading, child
    try:
        _close_all_but(writing)
        result: tuple[_T] | Exception
        try:
            result = (job(),)
        except Exception as error:  # noqa: BLE001 - returned to the caller
            result = error
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(pickle.dumps(result))
    finally:
        os._exit(0)


def _close_all_but(pipe: int) -> None:
    """Close inherited files and reset signals, so that nobody waits for a child that hangs."""
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    os.closerange(3, pipe)
    os.closerange(pipe + 1, os.sysconf("SC_OPEN_MAX"))
