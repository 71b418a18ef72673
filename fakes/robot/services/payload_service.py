"""bosdyn.api.PayloadService: which payloads the robot carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bosdyn.api.payload_pb2 import ListPayloadsRequest, ListPayloadsResponse

from spot_webcam.fakes.robot.services.method import Method
from spot_webcam.fakes.robot.state.own_services import PAYLOAD
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller


class PayloadService:
    """Lists payloads as they described themselves, and what the operator made of them."""

    entry = PAYLOAD

    def __init__(self, state: RobotState) -> None:
        self._state = state

    def methods(self) -> Mapping[str, Method]:
        """Return the RPCs by name."""
        return {"ListPayloads": Method(ListPayloadsRequest, ListPayloadsResponse, self._list)}

    def _list(self, request: Any, response: Any, caller: Caller) -> None:
        del request, caller
        for account in self._state.payloads():
            payload = response.payloads.add()
            payload.ParseFromString(account.description)
            payload.GUID = account.guid
            payload.name = account.name
            payload.is_authorized = account.authorized
            payload.is_enabled = account.authorized and account.attached
            version = payload.version
            version.major_version, version.minor_version, version.patch_level = account.version
