"""How many requests may wait for cameras at once."""

import threading
from collections import Counter

# Each waits on a thread, and these are not all that there are: see adapters/bosdyn/grpc_server.
MAX_WAITING = 112
MAX_WAITING_FOR_ONE = 64


class Bulkhead:
    """Counts those who wait, for all sources together and for each. Thread-safe."""

    def __init__(self, most: int = MAX_WAITING, max_for_one: int = MAX_WAITING_FOR_ONE) -> None:
        self._most = most
        self._max_for_one = max_for_one
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()

    def enter(self, source_name: str) -> bool:
        """Begin to wait for a source, and return whether there was room; never blocks."""
        with self._lock:
            room = (
                self._waiting.total() < self._most
                and self._waiting[source_name] < self._max_for_one
            )
            self._waiting[source_name] += room
            return room

    def leave(self, source_name: str) -> None:
        """Wait no more."""
        with self._lock:
            self._waiting[source_name] -= 1
