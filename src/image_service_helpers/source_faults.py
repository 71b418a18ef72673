"""The faults of one source, as callers of the SDK's module know them."""

import logging
from abc import ABC, abstractmethod
from typing import Any

from bosdyn.api import service_fault_pb2

from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.runtime.loop_thread import LoopThread
from spot_webcam.domain.health.faults import Fault, capture_fault, decode_fault
from spot_webcam.domain.ports import Clock
from spot_webcam.image_service_helpers.fault_teller import FaultPublisher
from spot_webcam.image_service_helpers.troubles import ActiveFaults

_LOG = logging.getLogger(__name__)


class SourceFaults(ABC):
    """Raises and clears; the robot is told on another thread, of lasting changes only.

    `active_fault_id_names` are those that the robot knows of.
    """

    clock: Clock = SystemClock()

    def __init__(self, image_name: str, logger: logging.Logger | None) -> None:
        self.image_source_name = image_name
        self.fault_client: Any = None
        self.camera_capture_fault = _warning(capture_fault(image_name, "").name)
        self.decode_data_fault = _warning(decode_fault(image_name, "").name)
        self.active_fault_id_names: set[str] = set()
        self.last_error_message: str | None = None
        self.logger = logger or _LOG
        self._troubles = ActiveFaults(self.clock)
        self._others: dict[str, Any] = {}
        self._telling: LoopThread | None = None
        # The servicer that has it, and whether that was let go.
        self.owner: object | None = None
        self.abandoned = False

    def set_logger(self, logger: logging.Logger | None) -> None:
        """Log there from now on; `None` changes nothing."""
        if logger is not None:
            self.logger = logger

    def initialize_faults(self, fault_client: Any, image_service: str) -> None:
        """Tell this client of faults of that service; returns at once.

        What an earlier life of this source left on the robot is cleared, and nothing else.
        """
        self._stop_telling()
        self.abandoned = False
        self.fault_client = fault_client
        for fault in self._own_faults():
            fault.fault_id.service_name = image_service
        self._tell()

    def trigger_fault(self, error_message: str, fault: Any) -> None:
        """Let a `ServiceFault` stand until it is cleared; returns at once."""
        if self.fault_client is not None and fault is not None:
            fault.error_message = error_message
            name = fault.fault_id.fault_name
            if fault not in self._own_faults():
                self._others[name] = fault
            self._troubles.raise_fault(Fault(name, error_message))

    def clear_fault(self, fault: Any) -> None:
        """Take a `ServiceFault` back; returns at once, and it is no error if it does not stand."""
        if fault is not None:
            self._troubles.drop(fault.fault_id.fault_name)

    def faults(self) -> list[Fault]:
        """Return the faults that stand now."""
        trouble = self._capture_trouble()
        name = self.camera_capture_fault.fault_id.fault_name
        return self._troubles.standing([] if trouble is None else [Fault(name, trouble)])

    def fault_proto(self, name: str) -> Any:
        """Return the `ServiceFault` of that name."""
        if name == self.decode_data_fault.fault_id.fault_name:
            return self.decode_data_fault
        return self._others.get(name, self.camera_capture_fault)

    def _own_faults(self) -> tuple[Any, Any]:
        return self.camera_capture_fault, self.decode_data_fault

    @abstractmethod
    def _capture_trouble(self) -> str | None:
        """Return why there is no picture to give, if so; never blocks."""
        ...

    def _tell(self) -> None:
        if self.fault_client is None or self._telling is not None:
            return
        names = [fault.fault_id.fault_name for fault in self._own_faults()]
        teller = FaultPublisher(self, self.fault_client, self.clock, names)
        self._telling = teller.thread(f"faults {self.image_source_name}")
        self._telling.start()

    def _ask_telling_to_stop(self) -> None:
        if self._telling is not None:
            self._telling.ask_to_stop()

    def _stop_telling(self, timeout_s: float = 0.0) -> None:
        self._ask_telling_to_stop()
        telling, self._telling = self._telling, None
        if telling is not None:
            telling.join(timeout_s)


def _warning(name: str) -> Any:
    return service_fault_pb2.ServiceFault(
        fault_id=service_fault_pb2.ServiceFaultId(fault_name=name),
        severity=service_fault_pb2.ServiceFault.SEVERITY_WARN,
    )
