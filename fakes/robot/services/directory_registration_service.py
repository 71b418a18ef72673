"""bosdyn.api.DirectoryRegistrationService: registration and heartbeats of services."""

from typing import Any

from bosdyn.api import directory_registration_service_pb2
from bosdyn.api.directory_registration_pb2 import (
    RegisterServiceResponse,
    UnregisterServiceResponse,
    UpdateServiceResponse,
)

from spot_webcam.fakes.robot.state.directory import RegisteredService
from spot_webcam.fakes.robot.state.own_services import DIRECTORY_REGISTRATION
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller


class DirectoryRegistrationService:
    """Registers, updates and unregisters services; each call is a heartbeat.

    Not enforced: who owns an entry.
    """

    entry = DIRECTORY_REGISTRATION
    protocol = directory_registration_service_pb2.DESCRIPTOR

    def __init__(self, state: RobotState) -> None:
        self._state = state

    def _register_service(self, request: Any, response: Any, caller: Caller) -> None:
        response.status = (
            RegisterServiceResponse.STATUS_OK
            if self._state.register_service(_service_of(request, caller))
            else RegisterServiceResponse.STATUS_ALREADY_EXISTS
        )

    def _update_service(self, request: Any, response: Any, caller: Caller) -> None:
        response.status = (
            UpdateServiceResponse.STATUS_OK
            if self._state.update_service(_service_of(request, caller))
            else UpdateServiceResponse.STATUS_NONEXISTENT_SERVICE
        )

    def _unregister_service(self, request: Any, response: Any, _caller: Caller) -> None:
        response.status = (
            UnregisterServiceResponse.STATUS_OK
            if self._state.unregister_service(request.service_name)
            else UnregisterServiceResponse.STATUS_NONEXISTENT_SERVICE
        )


def _service_of(request: Any, caller: Caller) -> RegisteredService:
    entry = request.service_entry
    return RegisteredService(
        name=entry.name,
        type=entry.type,
        authority=entry.authority,
        host_ip=request.endpoint.host_ip,
        port=request.endpoint.port,
        user_token_required=entry.user_token_required,
        liveness_timeout_s=entry.liveness_timeout_secs,
        payload_guid=caller.payload_guid,
    )
