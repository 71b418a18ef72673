"""A budget that has no room yet."""

from collections.abc import Callable

from spot_webcam.adapters.bosdyn.server.byte_budget import ByteBudget, Lease


class SlowLease(Lease):
    """Is held from the end of its wait on, before which `meanwhile` runs."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__(ByteBudget(0), 0, lambda: None)
        self._meanwhile = meanwhile
        self._is_released = False

    def wait(self, timeout_s: float) -> bool:
        del timeout_s
        self._meanwhile()
        self.is_held = not self._is_released
        return self.is_held

    def retain(self) -> bool:
        return self.is_held

    def release(self) -> None:
        self._is_released, self.is_held = True, False


class FullBudget(ByteBudget):
    """Has room as soon as a call has begun to wait for it; then `meanwhile` runs."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__(0)
        self._meanwhile = meanwhile

    def request(self, size_bytes: int, on_evict: Callable[[], object] = lambda: None) -> Lease:
        del size_bytes, on_evict
        return SlowLease(self._meanwhile)
