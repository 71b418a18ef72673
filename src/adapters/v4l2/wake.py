"""Ends a wait from another thread."""

import os
import threading
from contextlib import suppress


class Wake:
    """A pipe that is readable from `set` until `clear`. Thread-safe; made when it is needed.

    Descriptors are made by `clear`, which belongs to the thread that waits, and stay until
    `close`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: tuple[int, int] | None = None

    def clear(self) -> int:
        """Make it unreadable, and return what to wait on."""
        with self._lock:
            if self._ends is None:
                self._ends = os.pipe()
                for end in self._ends:
                    os.set_blocking(end, False)
            with suppress(BlockingIOError):
                os.read(self._ends[0], 4096)
            return self._ends[0]

    def set(self) -> None:
        """Make it readable; nothing before the first `clear`. Never blocks."""
        with self._lock:
            if self._ends is not None:
                with suppress(BlockingIOError):
                    os.write(self._ends[1], b"!")

    def close(self) -> None:
        """Let the descriptors go."""
        with self._lock:
            ends, self._ends = self._ends, None
            for end in ends or ():
                os.close(end)
