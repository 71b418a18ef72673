"""Log that is bounded by count and by size: the oldest entries are dropped first."""

from collections import deque
from typing import Generic, TypeVar

from spot_webcam.fakes.robot.state.changes import Changes
from spot_webcam.fakes.robot.state.refusals import full

T = TypeVar("T")


class BoundedLog(Generic[T]):
    """Entries with their sizes in bytes, oldest first. Thread-safe."""

    def __init__(self, changes: Changes, what: str, max_entries: int, max_bytes: int) -> None:
        """Bound the log; `what` names the entries in the error for one that is too large."""
        self._changes = changes
        self._what = what
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._entries: deque[tuple[T, int]] = deque()
        self._bytes = 0

    def check_size(self, size: int) -> None:
        """Check that an entry fits into the empty log.

        Raises:
            CallRefused: RESOURCE_EXHAUSTED, for a larger entry.
        """
        if size > self._max_bytes:
            raise full(f"bytes of {self._what}", self._max_bytes)

    def add(self, entry: T, size: int) -> None:
        """Append an entry.

        Raises:
            CallRefused: RESOURCE_EXHAUSTED, for an entry larger than the whole log.
        """
        self.check_size(size)
        with self._changes.changing():
            self._entries.append((entry, size))
            self._bytes += size
            while len(self._entries) > self._max_entries or self._bytes > self._max_bytes:
                self._bytes -= self._entries.popleft()[1]

    def all(self) -> list[T]:
        """Return the entries, oldest first."""
        with self._changes.reading():
            return [entry for entry, _ in self._entries]

    def total_bytes(self) -> int:
        """Return the size of all entries together."""
        with self._changes.reading():
            return self._bytes
