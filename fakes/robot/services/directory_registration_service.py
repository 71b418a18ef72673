"""bosdyn.api.DirectoryRegistrationService: payloads offer services; each call is a heartbeat."""

from collections.abc import Mapping
from typing import Any

from bosdyn.api.directory_registration_pb2 import (
    RegisterServiceRequest,
    RegisterServiceResponse,
    UnregisterServiceRequest,
    UnregisterServiceResponse,
    UpdateServiceRequest,
    UpdateServiceResponse,
)

from spot_webcam.fakes.robot.services.method import Method
from spot_webcam.fakes.robot.state.directory import RegisteredService
from spot_webcam.fakes.robot.state.own_services import DIRECTORY_REGISTRATION
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller


class DirectoryRegistrationService:
    """Registers, updates and unregisters services."""

    entry = DIRECTORY_REGISTRATION

    def __init__(self, state: RobotState) -> None:
        self._state = state

    def methods(self) -> Mapping[str, Method]:
        """Return the RPCs by name."""
        return {
            "RegisterService": Method(
                RegisterServiceRequest, RegisterServiceResponse, self._register
            ),
            "UpdateService": Method(UpdateServiceRequest, UpdateServiceResponse, self._update),
            "UnregisterService": Method(
                UnregisterServiceRequest, UnregisterServiceResponse, self._unregister
            ),
        }

    def _register(self, request: Any, response: Any, caller: Caller) -> None:
        response.status = (
            RegisterServiceResponse.STATUS_OK
            if self._state.register_service(_service_of(request, caller))
            else RegisterServiceResponse.STATUS_ALREADY_EXISTS
        )

    def _update(self, request: Any, response: Any, caller: Caller) -> None:
        response.status = (
            UpdateServiceResponse.STATUS_OK
            if self._state.update_service(_service_of(request, caller))
            else UpdateServiceResponse.STATUS_NONEXISTENT_SERVICE
        )

    def _unregister(self, request: Any, response: Any, _caller: Caller) -> None:
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
