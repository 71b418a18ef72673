"""bosdyn.api.FaultService: faults that services report."""

from typing import Any

from bosdyn.api import fault_service_pb2
from bosdyn.api.service_fault_pb2 import (
    ClearServiceFaultResponse,
    TriggerServiceFaultResponse,
)

from spot_webcam.fakes.robot.state.own_services import FAULT
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller


class FaultService:
    """Triggers and clears faults; sets a missing payload GUID to the caller's.

    Not enforced: who owns a fault.
    """

    entry = FAULT
    protocol = fault_service_pb2.DESCRIPTOR

    def __init__(self, state: RobotState) -> None:
        self._state = state

    def _trigger_service_fault(self, request: Any, response: Any, caller: Caller) -> None:
        _set_guid(request.fault.fault_id, caller)
        response.status = (
            TriggerServiceFaultResponse.STATUS_OK
            if self._state.trigger_fault(request.fault)
            else TriggerServiceFaultResponse.STATUS_FAULT_ALREADY_ACTIVE
        )

    def _clear_service_fault(self, request: Any, response: Any, caller: Caller) -> None:
        _set_guid(request.fault_id, caller)
        cleared = self._state.clear_fault(
            request.fault_id,
            whole_service=request.clear_all_service_faults,
            whole_payload=request.clear_all_payload_faults,
        )
        response.status = (
            ClearServiceFaultResponse.STATUS_OK
            if cleared
            else ClearServiceFaultResponse.STATUS_FAULT_NOT_ACTIVE
        )


def _set_guid(fault_id: Any, caller: Caller) -> None:
    if not fault_id.payload_guid:
        fault_id.payload_guid = caller.payload_guid
