"""Bound on the bytes of all answers on their way to clients."""

import threading
from collections.abc import Callable


class Lease:
    """Bytes of a budget, or a place in the line for them, until it is released."""

    def __init__(
        self, budget: "ByteBudget", size_bytes: int, on_evict: Callable[[], object]
    ) -> None:
        self._budget = budget
        self.size_bytes = size_bytes
        self.on_evict = on_evict
        self.is_held = False
        self.holders = 1  # from the request on
        self.is_evicted = False
        self.number = 0  # in the order of the grants
        # Set at the end of its wait; `None` if it never waited.
        self.settled: threading.Event | None = None
        # Of the last lease that was granted before the wait.
        self.after_number = 0

    def release(self) -> None:
        """Give the bytes back, or the place in the line, whose wait ends; allowed at any time."""
        self._budget.release(self)


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
        # In the order of the requests.
        self._waiting: list[Lease] = []

    @property
    def taken_bytes(self) -> int:
        """How much is leased now."""
        return self._large_taken + self._small_taken

    def request(self, size_bytes: int, on_evict: Callable[[], object] = lambda: None) -> Lease:
        """Return a lease, which is held if there is room, and else waits; never blocks."""
        lease = Lease(self, size_bytes, on_evict)
        with self._lock:
            if self._fits_reserve(lease) or (not self._waiting and self._fits_shared(lease)):
                self._grant(lease)
            else:
                lease.settled = threading.Event()
                lease.after_number = self._last_number
                self._waiting.append(lease)
        return lease

    def wait(self, lease: Lease, timeout_s: float) -> bool:
        """Wait for room, and return whether the lease is held; after the time it is released.

        After half of the time the leases in the way of this one, and of those that wait before it,
        are evicted, the oldest first and no more than necessary: their `on_evict` is called, on
        this thread, and is to have them released soon. Those granted since then are spared.
        """
        if lease.settled is None or lease.settled.wait(timeout_s / 2):
            return lease.is_held
        with self._lock:
            evicted = self._in_the_way_of(lease) if lease in self._waiting else []
        for other in evicted:
            other.on_evict()
        if not lease.settled.wait(timeout_s / 2):
            with self._lock:
                self._leave_line(lease)
        return lease.is_held

    def retain(self, lease: Lease) -> bool:
        """Hold the bytes, if they are held, until one more release; return whether they are."""
        with self._lock:
            if lease.is_held:
                lease.holders += 1
            return lease.is_held

    def release(self, lease: Lease) -> None:
        """Take back what a lease holds when its last holder releases it; then nothing more."""
        with self._lock:
            self._leave_line(lease)
            lease.holders -= 1
            if lease.is_held and not lease.holders:
                lease.is_held = False
                del self._leases[lease.number]
                self._add(lease, -lease.size_bytes)
                self._grant_waiting()

    def _leave_line(self, lease: Lease) -> None:
        if lease in self._waiting and lease.settled is not None:
            self._waiting.remove(lease)
            lease.settled.set()
            self._grant_waiting()  # those behind this one

    def _grant_waiting(self) -> None:
        """Grant in order; a lease that does not fit is overtaken in the reserve alone."""
        is_blocked = False
        for lease in self._waiting.copy():
            fits_shared = not is_blocked and self._fits_shared(lease)
            if fits_shared or self._fits_reserve(lease):
                self._waiting.remove(lease)
                self._grant(lease)
            else:
                is_blocked = True

    def _grant(self, lease: Lease) -> None:
        self._last_number = lease.number = self._last_number + 1
        self._leases[lease.number] = lease
        self._add(lease, lease.size_bytes)
        lease.is_held = True
        if lease.settled is not None:
            lease.settled.set()

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

    def _in_the_way_of(self, lease: Lease) -> list[Lease]:
        """Return what to evict for one that waits; those evicted already count as well."""
        ahead = self._waiting[: self._waiting.index(lease)]
        large_bytes, small_bytes = self._taken_with(lease, *ahead)
        chosen: list[Lease] = []
        for other in self._leases.values():
            is_reserve_enough = small_bytes <= self._small_bytes
            fits = self._shared(large_bytes, small_bytes) <= self._shared_bytes
            fits = fits or (is_reserve_enough and self._is_small(lease))
            if fits or other.number > lease.after_number:
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
