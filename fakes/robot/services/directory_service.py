"""bosdyn.api.DirectoryService: the list of services."""

from typing import Any

from bosdyn.api import directory_service_pb2
from bosdyn.api.directory_pb2 import (
    GetServiceEntryResponse,
    ServiceEntry,
)

from spot_webcam.fakes.robot.state.clock import to_timestamp
from spot_webcam.fakes.robot.state.directory import RegisteredService
from spot_webcam.fakes.robot.state.own_services import DIRECTORY, OWN_SERVICES
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller


class DirectoryService:
    """Lists the robot's own services and the registered ones."""

    entry = DIRECTORY
    protocol = directory_service_pb2.DESCRIPTOR

    def __init__(self, state: RobotState) -> None:
        self._state = state

    def _list_service_entries(self, _request: Any, response: Any, _caller: Caller) -> None:
        response.service_entries.extend(self._entries())

    def _get_service_entry(self, request: Any, response: Any, _caller: Caller) -> None:
        for entry in self._entries():
            if entry.name == request.service_name:
                response.service_entry.CopyFrom(entry)
                response.status = GetServiceEntryResponse.STATUS_OK
                return
        response.status = GetServiceEntryResponse.STATUS_NONEXISTENT_SERVICE

    def _entries(self) -> list[Any]:
        now = to_timestamp(self._state.now_ns())
        own = [
            ServiceEntry(
                name=service.name,
                type=service.type,
                authority=service.authority,
                user_token_required=not service.open,
                last_update=now,
            )
            for service in OWN_SERVICES
        ]
        return own + [_entry_of(service) for service in self._state.services()]


def _entry_of(service: RegisteredService) -> Any:
    return ServiceEntry(
        name=service.name,
        type=service.type,
        authority=service.authority,
        user_token_required=service.user_token_required,
        liveness_timeout_secs=service.liveness_timeout_s,
        host_payload_guid=service.payload_guid,
        last_update=to_timestamp(service.last_update_ns),
    )
