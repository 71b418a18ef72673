"""Lock of the robot's state, and waiting for changes of it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Changes by the passage of time alone, such as a late heartbeat, do not notify.
_POLL_INTERVAL_S = 0.02


class Changes:
    """One reentrant lock of all state, and a count of its changes."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock, and notify waiters at the end."""
        with self._condition:
            try:
                yield
            finally:
                self._count += 1
                self._condition.notify_all()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the lock."""
        with self._condition:
            yield

    def wait_for(self, predicate: Callable[[], object], timeout_s: float) -> bool:
        """Block until the predicate holds or the timeout ends; return whether it holds.

        The predicate runs in the caller's thread, without the lock.
        """
        deadline_s = time.monotonic() + timeout_s
        while True:
            with self._condition:
                seen = self._count
            if predicate():
                return True
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return False
            with self._condition:
                if self._count == seen:
                    self._condition.wait(min(left_s, _POLL_INTERVAL_S))
