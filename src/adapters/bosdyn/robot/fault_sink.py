"""Adapter of the robot's fault service to the `FaultSink` port."""

from contextlib import suppress

from bosdyn.api import service_fault_pb2
from bosdyn.client.fault import (
    FaultClient,
    ServiceFaultAlreadyExistsError,
    ServiceFaultDoesNotExistError,
)

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.domain.health.faults import Fault


class BosdynFaultSink:
    """A `FaultSink` for the faults of one service."""

    def __init__(self, link: RobotLink, service_name: str) -> None:
        self._link = link
        self._service_name = service_name

    def trigger(self, fault: Fault) -> None:
        """Raise a fault of severity WARN."""
        proto = service_fault_pb2.ServiceFault(
            fault_id=self._id(fault.name),
            error_message=fault.message,
            severity=service_fault_pb2.ServiceFault.SEVERITY_WARN,
        )
        with robot_errors(), suppress(ServiceFaultAlreadyExistsError):
            self._client().trigger_service_fault(proto, timeout=self._link.rpc_timeout_s)

    def clear(self, fault: Fault, timeout_s: float | None = None) -> None:
        """Clear a fault."""
        self._clear(self._id(fault.name), timeout_s, all_faults=False)

    def clear_all(self) -> None:
        """Clear every fault of the service."""
        self._clear(self._id(""), None, all_faults=True)

    def _clear(
        self,
        fault_id: service_fault_pb2.ServiceFaultId,
        timeout_s: float | None,
        *,
        all_faults: bool,
    ) -> None:
        with robot_errors(), suppress(ServiceFaultDoesNotExistError):
            self._client().clear_service_fault(
                fault_id,
                clear_all_service_faults=all_faults,
                timeout=timeout_s or self._link.rpc_timeout_s,
            )

    def _client(self) -> FaultClient:
        return self._link.client(FaultClient.default_service_name)

    def _id(self, fault_name: str) -> service_fault_pb2.ServiceFaultId:
        return service_fault_pb2.ServiceFaultId(
            fault_name=fault_name, service_name=self._service_name
        )
