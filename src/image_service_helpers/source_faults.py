"""Faults of a source: at once for those who trigger and clear them, by a publisher for the rest."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from bosdyn.api import service_fault_pb2

from spot_webcam.app.settings import Timeouts
from spot_webcam.domain.errors import RobotError
from spot_webcam.domain.health.faults import Edge, Fault
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.image_service_helpers.fault_publisher import FaultPublisher, SdkFaultSink
from spot_webcam.image_service_helpers.sdk_source import SdkSource

# For a clear at once, as in the SDK: it may be part of a call that a client waits for.
CLEAR_TIMEOUT_S = 0.1


class SourceFaults:
    """Faults that were raised and not cleared, and their report to the robot. Thread-safe.

    `trigger`, `clear` and `clear_service` block until the robot answers, and log its errors.
    `raise_fault` and `settle` never block: the publisher reports them, if there is one.
    """

    def __init__(self, source: SdkSource) -> None:
        self._source = source
        self._lock = threading.Lock()
        # Each with the time of its end on the monotonic clock, `None` for faults without an end.
        self._raised: dict[str, tuple[Fault, int | None]] = {}
        # `ServiceFault` messages other than the source's own two.
        self._protos: dict[str, Any] = {}
        self.publisher: FaultPublisher | None = None

    def use(self, fault_client: Any, image_service: str) -> None:
        """Report with this client from now on, for that service; nothing is published yet."""
        source = self._source
        self.stop()
        source.abandoned = False
        source.fault_client = fault_client
        for fault in self._own():
            fault.fault_id.service_name = image_service

    def clear_service(self, image_service: str) -> None:
        """Clear all faults of a service on the robot."""
        if self._source.fault_client is None:
            return
        if self._try(lambda: self._sink().clear_service(image_service)):
            self._source.active_fault_id_names.clear()
            with self._lock:
                self._raised.clear()

    def publish(self) -> None:
        """Publish on a thread of its own, unless it runs already or there is no client.

        The faults of an earlier run of this source are cleared on the robot, and no others.
        """
        source = self._source
        if source.fault_client is None or self.publisher is not None:
            return
        self.publisher = FaultPublisher(
            f"faults {source.image_source_name}",
            source,
            source.fault_client,
            source.clock,
            stale_names=[fault.fault_id.fault_name for fault in self._own()],
            repeat_s=source.fault_repeat_s,
        )
        self.publisher.start()

    def stop(self, timeout_s: float = 0.0) -> None:
        """End the publisher within this time; it clears what it reported."""
        publisher, self.publisher = self.publisher, None
        if publisher is not None:
            publisher.ask_to_stop()
            publisher.join(timeout_s)

    def ask_to_stop(self) -> None:
        """End the publisher; returns at once."""
        if self.publisher is not None:
            self.publisher.ask_to_stop()

    def trigger(self, message: str, proto: Any) -> None:
        """Raise a `ServiceFault` until it is cleared."""
        if self._source.fault_client is None:
            return
        proto.error_message = message
        fault = Fault(proto.fault_id.fault_name, message)
        if proto not in self._own():
            self._protos[fault.name] = proto
        was_reported = self._try(lambda: self._sink().send(fault))
        self.raise_fault(fault)
        if was_reported and self.publisher is not None:
            self.publisher.record(Edge(fault, raised=True))

    def clear(self, name: str) -> None:
        """Clear a fault if the robot has it."""
        self.settle(name)
        if self._source.fault_client is None or name not in self._source.active_fault_id_names:
            return
        fault = Fault(name)
        was_reported = self._try(lambda: self._sink().clear(fault, CLEAR_TIMEOUT_S))
        if was_reported and self.publisher is not None:
            self.publisher.record(Edge(fault, raised=False))

    def raise_fault(self, fault: Fault, *, expires: bool = False) -> None:
        """Activate a fault until `settle`; one that `expires` for ten seconds at most."""
        end_ns = None
        if expires:
            lasting_ns = int(Timeouts().encoding_fault_s * NANOSECONDS)
            end_ns = self._source.clock.monotonic_ns() + lasting_ns
        with self._lock:
            _, known_end_ns = self._raised.get(fault.name, (fault, 0))
            if end_ns is None or known_end_ns is not None:
                self._raised[fault.name] = (fault, end_ns)

    def settle(self, name: str) -> None:
        """Deactivate a fault if it is active."""
        if name in self._raised:  # without the lock: every capture and decoding calls this
            with self._lock:
                self._raised.pop(name, None)

    def active(self, others: Iterable[Fault]) -> list[Fault]:
        """Return the active faults, and those of `others` that have other names."""
        now_ns = self._source.clock.monotonic_ns()
        with self._lock:
            raised = list(self._raised.values())
        faults = {fault.name: fault for fault in others}
        for fault, end_ns in raised:
            if end_ns is None or now_ns < end_ns:
                faults[fault.name] = fault
        return list(faults.values())

    def proto(self, name: str) -> Any:
        """Return the `ServiceFault` of that name."""
        if name == self._source.decode_data_fault.fault_id.fault_name:
            return self._source.decode_data_fault
        return self._protos.get(name, self._source.camera_capture_fault)

    def _own(self) -> tuple[Any, Any]:
        return self._source.camera_capture_fault, self._source.decode_data_fault

    def _sink(self) -> SdkFaultSink:
        return SdkFaultSink(self._source.fault_client, self._source)

    def _try(self, call: Callable[[], None]) -> bool:
        try:
            call()
        except RobotError as error:
            # No traceback: the robot is away.
            self._source.logger.error("cannot report faults to the robot: %s", error)  # noqa: TRY400
            return False
        return True


def warning_fault(name: str) -> Any:
    """Return a `ServiceFault` of the severity WARN."""
    return service_fault_pb2.ServiceFault(
        fault_id=service_fault_pb2.ServiceFaultId(fault_name=name),
        severity=service_fault_pb2.ServiceFault.SEVERITY_WARN,
    )
