"""Bulkhead: a bound on the requests that wait for cameras at once."""

import threading
from collections import Counter
from enum import Enum


class Admission(Enum):
    """Whether a request may wait for a source, and for how long."""

    REFUSED = "refused"
    # Only as long as a camera in good order needs.
    BRIEF = "brief"
    UNTIL_DEADLINE = "until deadline"


class Bulkhead:
    """Counts the waiting requests, of all sources together and of each source. Thread-safe.

    Every waiting request occupies a thread. The limits keep a camera that hangs from taking the
    threads that serve the others: beyond `max_per_slow_source` a request waits briefly, beyond
    the other limits not at all.
    """

    def __init__(
        self, max_total: int, max_per_source: int, max_per_slow_source: int | None = None
    ) -> None:
        """`max_per_slow_source` is `max_per_source` if not given."""
        self._max_total = max_total
        self._max_per_source = max_per_source
        self._max_per_slow_source = (
            max_per_source if max_per_slow_source is None else max_per_slow_source
        )
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()

    def acquire(self, source_name: str) -> Admission:
        """Begin to wait for a source if it is allowed; never blocks."""
        with self._lock:
            waiting = self._waiting[source_name]
            if self._waiting.total() >= self._max_total or waiting >= self._max_per_source:
                return Admission.REFUSED
            self._waiting[source_name] += 1
            is_brief = waiting >= self._max_per_slow_source
            return Admission.BRIEF if is_brief else Admission.UNTIL_DEADLINE

    def release(self, source_name: str) -> None:
        """End a wait that was admitted."""
        with self._lock:
            self._waiting[source_name] -= 1
