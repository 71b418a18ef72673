"""A semaphore that is taken in the order in which it was asked for."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class FairSemaphore:
    """So many turns at once, handed from one who ends to the first who waits. Thread-safe.

    With the standard library's, one who asks again and again overtakes those who wait.
    """

    def __init__(self, max_at_once: int) -> None:
        self._free = max_at_once
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @property
    def busy(self) -> bool:
        """Whether whoever asks now has to wait."""
        return self._free == 0

    @property
    def crowded(self) -> bool:
        """Whether someone waits already."""
        return bool(self._waiting)

    def take(self, timeout_s: float) -> bool:
        """Wait for a turn, and return whether it came in time."""
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return True
            mine = threading.Event()
            self._waiting.append(mine)
        if mine.wait(timeout_s):
            return True
        with self._lock:
            if mine.is_set():  # it came just then
                return True
            self._waiting.remove(mine)
            return False

    @contextmanager
    def turn(self, timeout_s: float) -> Iterator[bool]:
        """Take a turn for a block, which is given whether it came in time; else go without."""
        mine = self.take(timeout_s)
        try:
            yield mine
        finally:
            if mine:
                self.end()

    def end(self) -> None:
        """End a turn."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
