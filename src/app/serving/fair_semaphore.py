"""Semaphore whose slots are handed out in the order of the requests for them."""

import threading
from collections import deque


class FairSemaphore:
    """FIFO semaphore: a released slot goes to the thread that has waited longest. Thread-safe.

    With `threading.Semaphore` a thread that asks again and again overtakes the waiting ones.
    """

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @property
    def has_waiters(self) -> bool:
        """Whether a thread waits for a slot."""
        return bool(self._waiting)

    def acquire(self, timeout_s: float) -> bool:
        """Wait for a slot, and return whether it was free in time."""
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return True
            granted = threading.Event()
            self._waiting.append(granted)
        if granted.wait(timeout_s):
            return True
        with self._lock:
            if granted.is_set():  # between the timeout and the lock
                return True
            self._waiting.remove(granted)
            return False

    def release(self) -> None:
        """Give a slot back."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
