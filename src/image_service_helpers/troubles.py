"""Which faults of a source stand."""

import threading
from collections.abc import Iterable

from spot_webcam.app.settings import Timeouts
from spot_webcam.domain.health.faults import Fault
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS


class ActiveFaults:
    """What was raised and not yet taken back. Never blocks; thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._raised: dict[str, Fault] = {}
        self._passing: dict[str, tuple[Fault, int]] = {}

    def raise_fault(self, fault: Fault) -> None:
        """Let a fault stand until `drop`."""
        with self._lock:
            self._raised[fault.name] = fault

    def raise_for_a_while(self, fault: Fault) -> None:
        """Let a fault stand until `drop`, or until it was not raised again for ten seconds."""
        until_ns = self._clock.monotonic_ns() + int(Timeouts().encoding_fault_s * NANOSECONDS)
        with self._lock:
            self._passing[fault.name] = (fault, until_ns)

    def drop(self, name: str) -> None:
        """Take a fault back; it is no error if it does not stand."""
        if name in self._raised or name in self._passing:
            with self._lock:
                self._raised.pop(name, None)
                self._passing.pop(name, None)

    def standing(self, others: Iterable[Fault]) -> list[Fault]:
        """Return the faults that stand, with these others."""
        now_ns = self._clock.monotonic_ns()
        with self._lock:
            passing = {
                name: fault for name, (fault, end_ns) in self._passing.items() if now_ns < end_ns
            }
            faults = {**passing, **self._raised}
        for fault in others:
            faults.setdefault(fault.name, fault)
        return list(faults.values())
