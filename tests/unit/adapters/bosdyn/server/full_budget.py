"""A budget that has no room yet."""

from collections.abc import Callable

from spot_webcam.adapters.bosdyn.server.byte_budget import ByteBudget, Lease


class FullBudget(ByteBudget):
    """Has room from the end of a call's wait for it, before which `meanwhile` runs."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__(0)
        self._meanwhile = meanwhile
        self._released: set[Lease] = set()

    def request(self, size_bytes: int, on_evict: Callable[[], object] = lambda: None) -> Lease:
        return Lease(self, size_bytes, on_evict)

    def wait(self, lease: Lease, timeout_s: float) -> bool:
        del timeout_s
        self._meanwhile()
        lease.is_held = lease not in self._released
        return lease.is_held

    def retain(self, lease: Lease) -> bool:
        return lease.is_held

    def release(self, lease: Lease) -> None:
        self._released.add(lease)
        lease.is_held = False
