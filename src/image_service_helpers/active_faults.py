"""Active faults of a source."""

import threading
from collections.abc import Iterable
from typing import Any

from bosdyn.api import service_fault_pb2

from spot_webcam.app.settings import Timeouts
from spot_webcam.domain.health.faults import Fault
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS


class ActiveFaults:
    """Faults that were raised and not cleared. Never blocks; thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # Each with the time of its end on the monotonic clock, `None` for faults without an end.
        self._raised: dict[str, tuple[Fault, int | None]] = {}

    def raise_fault(self, fault: Fault, *, expires: bool = False) -> None:
        """Activate a fault until `clear`; one that `expires` for ten seconds at most."""
        end_ns = None
        if expires:
            lasting_ns = int(Timeouts().encoding_fault_s * NANOSECONDS)
            end_ns = self._clock.monotonic_ns() + lasting_ns
        with self._lock:
            _, known_end_ns = self._raised.get(fault.name, (fault, 0))
            if end_ns is None or known_end_ns is not None:
                self._raised[fault.name] = (fault, end_ns)

    def clear(self, name: str) -> None:
        """Deactivate a fault if it is active."""
        if name in self._raised:  # without the lock: every capture and decoding calls this
            with self._lock:
                self._raised.pop(name, None)

    def active(self, others: Iterable[Fault]) -> list[Fault]:
        """Return the active faults, and those of `others` that have other names."""
        now_ns = self._clock.monotonic_ns()
        with self._lock:
            raised = list(self._raised.values())
        faults = {fault.name: fault for fault in others}
        for fault, end_ns in raised:
            if end_ns is None or now_ns < end_ns:
                faults[fault.name] = fault
        return list(faults.values())


def warning_fault(name: str) -> Any:
    """Return a `ServiceFault` of the severity WARN."""
    return service_fault_pb2.ServiceFault(
        fault_id=service_fault_pb2.ServiceFaultId(fault_name=name),
        severity=service_fault_pb2.ServiceFault.SEVERITY_WARN,
    )
