"""A bound on what all calls together may hold at once."""

import itertools
import threading
from collections.abc import Callable


class Lease:
    """Bytes of a budget, held until they are given back."""

    __slots__ = ("_budget", "asked", "give_way", "number", "size_bytes")

    def __init__(
        self, budget: "ByteBudget", size_bytes: int, give_way: Callable[[], object], number: int
    ) -> None:
        self._budget = budget
        self.size_bytes = size_bytes
        self.give_way = give_way
        self.number = number
        self.asked = False

    def give_back(self) -> None:
        """Return the bytes; only the first time counts."""
        self._budget.end(self)


class ByteBudget:
    """So many bytes, taken and given back. Thread-safe."""

    def __init__(self, max_bytes: int) -> None:
        self._most = max_bytes
        self._taken = 0
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._waiting = 0
        self._numbers = itertools.count()
        # In the order in which they were given out.
        self._leases: dict[int, Lease] = {}

    @property
    def taken_bytes(self) -> int:
        """How much is held now."""
        return self._taken

    def take_now(
        self, size_bytes: int, give_way: Callable[[], object] = lambda: None
    ) -> Lease | None:
        """Take room if there is some; return `None` if not."""
        with self._lock:
            return self._lease(size_bytes, give_way) if self._fits(size_bytes) else None

    def take(
        self, size_bytes: int, timeout_s: float, give_way: Callable[[], object] = lambda: None
    ) -> Lease | None:
        """Wait until there is room, and take it; a size above the whole waits to be alone.

        Who has waited for half of the time has those that were there before give way, the
        oldest first and no more of them than it takes: `give_way` of theirs is called, on this
        thread, and is to make them give back soon. Returns `None` when the time is over.
        """
        with self._lock:
            if self._fits(size_bytes):
                return self._lease(size_bytes, give_way)
            first = next(self._numbers)
            fits = self._wait_for_room(size_bytes, timeout_s / 2)
            slow = [] if fits else self._in_the_way(size_bytes, first)
        for lease in slow:
            lease.give_way()
        with self._lock:
            if not self._wait_for_room(size_bytes, timeout_s / 2):
                return None
            return self._lease(size_bytes, give_way)

    def _wait_for_room(self, size_bytes: int, timeout_s: float) -> bool:
        self._waiting += 1
        try:
            return self._changed.wait_for(lambda: self._fits(size_bytes), max(0.0, timeout_s))
        finally:
            self._waiting -= 1

    def _lease(self, size_bytes: int, give_way: Callable[[], object]) -> Lease:
        number = next(self._numbers)
        lease = self._leases[number] = Lease(self, size_bytes, give_way, number)
        self._taken += size_bytes
        return lease

    def _fits(self, size_bytes: int) -> bool:
        return self._taken == 0 or self._taken + size_bytes <= self._most

    def _in_the_way(self, size_bytes: int, first: int) -> list[Lease]:
        """Return the leases from before `first` that it takes; those asked already count too."""
        needed = max(self._taken + size_bytes - self._most, 0)
        chosen: list[Lease] = []
        for lease in self._leases.values():
            if needed <= 0 or lease.number > first:
                break
            needed -= lease.size_bytes
            if not lease.asked:
                lease.asked = True
                chosen.append(lease)
        return chosen

    def end(self, lease: Lease) -> None:
        """Take a lease back; only the first time counts."""
        with self._lock:
            if self._leases.pop(lease.number, None) is not None:
                self._taken -= lease.size_bytes
                if self._waiting:
                    self._changed.notify_all()
