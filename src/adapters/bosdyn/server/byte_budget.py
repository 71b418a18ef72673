"""Bound on the bytes of all answers on their way to clients."""

import threading
from collections.abc import Callable


class Lease:
    """Bytes of a budget, held until they are released."""

    __slots__ = ("_budget", "is_evicted", "number", "on_evict", "size_bytes")

    def __init__(
        self, budget: "ByteBudget", size_bytes: int, on_evict: Callable[[], object]
    ) -> None:
        self._budget = budget
        self.number = 0  # in the order of the grants
        self.size_bytes = size_bytes
        self.on_evict = on_evict
        self.is_evicted = False

    def release(self) -> None:
        """Give the bytes back; only the first call counts."""
        self._budget.release(self)


class _Waiter:
    __slots__ = ("granted", "last_number", "lease")

    def __init__(self, lease: Lease, last_number: int) -> None:
        self.lease = lease
        # Of the last lease that had been granted before this one began to wait.
        self.last_number = last_number
        self.granted = threading.Event()


class ByteBudget:
    """Hands out leases of bytes, in the order of the requests for them. Thread-safe.

    Of `max_bytes`, `small_bytes` are reserved for leases of up to `max_small_bytes`, so that JPEGs
    do not wait for RAW pictures (ADR 19). What is not reserved is shared: a large lease that waits
    for it is not overtaken. A lease above the whole shared part is granted when it is alone there.
    """

    def __init__(self, max_bytes: int, small_bytes: int = 0, max_small_bytes: int = 0) -> None:
        self._shared_bytes = max_bytes - small_bytes
        self._small_bytes = small_bytes
        self._max_small_bytes = max_small_bytes
        self._large_taken = 0
        self._small_taken = 0
        self._lock = threading.Lock()
        self._last_number = 0
        # By number.
        self._leases: dict[int, Lease] = {}
        self._waiters: list[_Waiter] = []

    @property
    def taken_bytes(self) -> int:
        """How much is leased now."""
        return self._large_taken + self._small_taken

    def lease_now(
        self, size_bytes: int, on_evict: Callable[[], object] = lambda: None
    ) -> Lease | None:
        """Return a lease if there is room, else `None`; never blocks."""
        with self._lock:
            lease = Lease(self, size_bytes, on_evict)
            return self._granted(lease) if self._may_grant(lease) else None

    def lease(
        self, size_bytes: int, timeout_s: float, on_evict: Callable[[], object] = lambda: None
    ) -> Lease | None:
        """Wait for room, and return a lease; `None` when the time is over.

        After half of the time the leases in the way of this one, and of those that wait before it,
        are evicted, the oldest first and no more than necessary: their `on_evict` is called, on
        this thread, and is to have them released soon. Those granted since then are spared.
        """
        with self._lock:
            lease = Lease(self, size_bytes, on_evict)
            if self._may_grant(lease):
                return self._granted(lease)
            waiter = _Waiter(lease, self._last_number)
            self._waiters.append(waiter)
        if waiter.granted.wait(timeout_s / 2):
            return lease
        with self._lock:
            evicted = [] if waiter.granted.is_set() else self._in_the_way_of(waiter)
        for other in evicted:
            other.on_evict()
        if waiter.granted.wait(timeout_s / 2):
            return lease
        with self._lock:
            if waiter.granted.is_set():  # between the timeout and the lock
                return lease
            self._waiters.remove(waiter)
            self._grant_waiters()  # those behind this one
        return None

    def release(self, lease: Lease) -> None:
        """Take a lease back; only the first call counts."""
        with self._lock:
            if self._leases.pop(lease.number, None) is not None:
                self._add(lease, -lease.size_bytes)
                if self._waiters:
                    self._grant_waiters()

    def _may_grant(self, lease: Lease) -> bool:
        return self._fits_reserve(lease) or (not self._waiters and self._fits_shared(lease))

    def _grant_waiters(self) -> None:
        """Grant in order; a waiter that does not fit is overtaken in the reserve alone."""
        is_blocked = False
        for waiter in self._waiters.copy():
            fits_shared = not is_blocked and self._fits_shared(waiter.lease)
            if fits_shared or self._fits_reserve(waiter.lease):
                self._waiters.remove(waiter)
                self._granted(waiter.lease)
                waiter.granted.set()
            else:
                is_blocked = True

    def _granted(self, lease: Lease) -> Lease:
        self._last_number = lease.number = self._last_number + 1
        self._leases[lease.number] = lease
        self._add(lease, lease.size_bytes)
        return lease

    def _is_small(self, lease: Lease) -> bool:
        return lease.size_bytes <= self._max_small_bytes

    def _add(self, lease: Lease, size_bytes: int) -> None:
        if self._is_small(lease):
            self._small_taken += size_bytes
        else:
            self._large_taken += size_bytes

    def _fits_reserve(self, lease: Lease) -> bool:
        return self._is_small(lease) and self._small_taken + lease.size_bytes <= self._small_bytes

    def _fits_shared(self, lease: Lease) -> bool:
        large_bytes, small_bytes = self._taken_with(lease)
        is_alone = self._shared(self._large_taken, self._small_taken) == 0
        return is_alone or self._shared(large_bytes, small_bytes) <= self._shared_bytes

    def _taken_with(self, *more: Lease) -> tuple[int, int]:
        """Return what large and small leases take together with some more."""
        small_bytes = sum(lease.size_bytes for lease in more if self._is_small(lease))
        large_bytes = sum(lease.size_bytes for lease in more) - small_bytes
        return self._large_taken + large_bytes, self._small_taken + small_bytes

    def _shared(self, large_bytes: int, small_bytes: int) -> int:
        """Return how much large and small leases take of what is not reserved."""
        return large_bytes + max(0, small_bytes - self._small_bytes)

    def _in_the_way_of(self, waiter: _Waiter) -> list[Lease]:
        """Return what to evict for a waiter; those evicted already count as well."""
        ahead = self._waiters[: self._waiters.index(waiter)]
        large_bytes, small_bytes = self._taken_with(waiter.lease, *(one.lease for one in ahead))
        chosen: list[Lease] = []
        for other in self._leases.values():
            is_reserve_enough = small_bytes <= self._small_bytes
            fits = self._shared(large_bytes, small_bytes) <= self._shared_bytes
            fits = fits or (is_reserve_enough and self._is_small(waiter.lease))
            if fits or other.number > waiter.last_number:
                break
            if not self._is_small(other):
                large_bytes -= other.size_bytes
            elif not is_reserve_enough:
                small_bytes -= other.size_bytes
            else:
                continue  # it is in the reserve, and in nobody's way
            if not other.is_evicted:
                other.is_evicted = True
                chosen.append(other)
        return chosen
