"""bosdyn.api.FaultService: services tell what is wrong with them."""

from collections.abc import Mapping
from typing import Any

from bosdyn.api.service_fault_pb2 import (
    ClearServiceFaultRequest,
    ClearServiceFaultResponse,
    TriggerServiceFaultRequest,
    TriggerServiceFaultResponse,
)

from spot_webcam.fakes.robot.services.method import Method
from spot_webcam.fakes.robot.state.own_services import FAULT
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller


class FaultService:
    """Triggers and clears faults; a payload's faults carry its GUID."""

    entry = FAULT

    def __init__(self, state: RobotState) -> None:
        self._state = state

    def methods(self) -> Mapping[str, Method]:
        """Return the RPCs by name."""
        return {
            "TriggerServiceFault": Method(
                TriggerServiceFaultRequest, TriggerServiceFaultResponse, self._trigger
            ),
            "ClearServiceFault": Method(
                ClearServiceFaultRequest, ClearServiceFaultResponse, self._clear
            ),
        }

    def _trigger(self, request: Any, response: Any, caller: Caller) -> None:
        _sign(request.fault.fault_id, caller)
        response.status = (
            TriggerServiceFaultResponse.STATUS_OK
            if self._state.trigger_fault(request.fault)
            else TriggerServiceFaultResponse.STATUS_FAULT_ALREADY_ACTIVE
        )

    def _clear(self, request: Any, response: Any, caller: Caller) -> None:
        _sign(request.fault_id, caller)
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


def _sign(fault_id: Any, caller: Caller) -> None:
    if not fault_id.payload_guid:
        fault_id.payload_guid = caller.payload_guid
