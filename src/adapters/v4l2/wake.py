"""Wake-up pipe, to end a wait in another thread."""

import os
import threading
from contextlib import suppress


class Wake:
    """A pipe that is readable from `set` until `clear`. Thread-safe.

    The waiting thread calls `clear`, which creates the descriptors; they exist until `close`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: tuple[int, int] | None = None

    def clear(self) -> int:
        """Make the pipe unreadable, and return the descriptor to wait on."""
        with self._lock:
            if self._ends is None:
                self._ends = os.pipe()
                for end in self._ends:
                    os.set_blocking(end, False)
            with suppress(BlockingIOError):
                os.read(self._ends[0], 4096)
            return self._ends[0]

    def set(self) -> None:
        """Make the pipe readable; no effect before the first `clear`. Never blocks."""
        with self._lock:
            if self._ends is not None:
                with suppress(BlockingIOError):
                    os.write(self._ends[1], b"!")

    def close(self) -> None:
        """Close the descriptors."""
        with self._lock:
            ends, self._ends = self._ends, None
            for end in ends or ():
                os.close(end)
