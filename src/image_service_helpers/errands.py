"""Work that may hang, on threads that are there only while there is work."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

from spot_webcam.domain.errors import NoData
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS

Outcome = TypeVar("Outcome")

# Of those who gave up waiting there may be as many left behind.
MAX_WAITING = 128


class DaemonExecutor:
    """Runs what it is given, in that order, `max_at_once` at a time. Thread-safe.

    Its threads are daemons: one that hangs in a camera's code can be left, and not ended.
    """

    def __init__(self, name: str, max_at_once: int, clock: Clock) -> None:
        self._name = name
        self._max_at_once = max_at_once
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: deque[Callable[[], None]] = deque()
        self._threads = 0
        self._begun_ns: dict[int, int] = {}

    def run(self, errand: Callable[[], Outcome]) -> "Future[Outcome]":
        """Have it run, and return its outcome to be; never blocks.

        Raises:
            NoData: too many wait already.
        """
        outcome: Future[Outcome] = Future()
        with self._lock:
            if len(self._waiting) >= MAX_WAITING:
                raise NoData("too many requests wait for this camera already")
            self._waiting.append(partial(_settle, outcome, errand))
            if self._threads == self._max_at_once:
                return outcome
            self._threads += 1
        threading.Thread(target=self._work, name=self._name, daemon=True).start()
        return outcome

    @property
    def busy(self) -> bool:
        """Whether there is anything to do."""
        return self._threads > 0

    def hang(self, limit_s: float) -> bool:
        """Whether all its threads have been at one errand each for longer than that."""
        now_ns = self._clock.monotonic_ns()
        with self._lock:
            long = [now_ns - one > limit_s * NANOSECONDS for one in self._begun_ns.values()]
        return len(long) == self._max_at_once and all(long)

    def _work(self) -> None:
        me = threading.get_ident()
        while True:
            with self._lock:
                self._begun_ns.pop(me, None)
                if not self._waiting:
                    self._threads -= 1
                    return
                errand = self._waiting.popleft()
                self._begun_ns[me] = self._clock.monotonic_ns()
            errand()


def _settle(outcome: "Future[Any]", errand: Callable[[], Any]) -> None:
    try:
        outcome.set_result(errand())
    except BaseException as error:  # noqa: BLE001 - handed to who waits
        outcome.set_exception(error.with_traceback(None))
