"""Executor whose threads can be abandoned, for calls that may hang."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

from spot_webcam.app.settings import Limits
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS

Result = TypeVar("Result")

# Includes the calls whose clients gave up waiting.
MAX_WAITING = Limits().max_parameter_requests


class DaemonExecutor:
    """Run calls in their order, at most `max_threads` at a time. Thread-safe.

    A thread exists only while there are calls. It is a daemon thread: if it hangs in a camera's
    code, the program can end without it.
    """

    def __init__(self, name: str, max_threads: int, clock: Clock) -> None:
        self._name = name
        self._max_threads = max_threads
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: deque[Callable[[], None]] = deque()
        self._thread_count = 0
        self._begun_ns: dict[int, int] = {}

    def submit(self, call: Callable[[], Result]) -> "Future[Result]":
        """Add a call, and return its result; never blocks.

        Raises:
            NoData: too many calls wait.
        """
        future: Future[Result] = Future()
        with self._lock:
            if len(self._waiting) >= MAX_WAITING:
                raise NoData("too many requests wait for this camera already")
            self._waiting.append(partial(_run, future, call))
            if self._thread_count == self._max_threads:
                return future
            self._thread_count += 1
        threading.Thread(target=self._work, name=self._name, daemon=True).start()
        return future

    @property
    def is_busy(self) -> bool:
        """Whether a call runs or waits."""
        return self._thread_count > 0

    def is_stuck(self, limit_s: float) -> bool:
        """Report whether every thread has been running one call for longer than the limit."""
        oldest_ns = self._clock.monotonic_ns() - limit_s * NANOSECONDS
        with self._lock:
            begun_ns = list(self._begun_ns.values())
        return len(begun_ns) == self._max_threads and max(begun_ns) < oldest_ns

    def _work(self) -> None:
        thread_id = threading.get_ident()
        while True:
            with self._lock:
                self._begun_ns.pop(thread_id, None)
                if not self._waiting:
                    self._thread_count -= 1
                    return
                run = self._waiting.popleft()
                self._begun_ns[thread_id] = self._clock.monotonic_ns()
            run()


def _run(future: "Future[Any]", call: Callable[[], Any]) -> None:
    try:
        future.set_result(call())
    except BaseException as error:  # noqa: BLE001 - raised where the result is waited for
        future.set_exception(error.with_traceback(None))
