"""bosdyn.api.PayloadRegistrationService: payloads make themselves known and log in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bosdyn.api.payload_registration_pb2 import (
    GetPayloadAuthTokenRequest,
    GetPayloadAuthTokenResponse,
    RegisterPayloadRequest,
    RegisterPayloadResponse,
    UpdatePayloadAttachedRequest,
    UpdatePayloadAttachedResponse,
    UpdatePayloadVersionRequest,
    UpdatePayloadVersionResponse,
)

from spot_webcam.fakes.robot.services.method import Method
from spot_webcam.fakes.robot.state.own_services import PAYLOAD_REGISTRATION
from spot_webcam.fakes.robot.state.payloads import Login, PayloadAccount
from spot_webcam.fakes.robot.state.refusals import InvalidRequest
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller

_TOKEN_STATUS: Final = {
    Login.OK: GetPayloadAuthTokenResponse.STATUS_OK,
    Login.UNKNOWN_GUID: GetPayloadAuthTokenResponse.STATUS_INVALID_CREDENTIALS,
    Login.WRONG_SECRET: GetPayloadAuthTokenResponse.STATUS_INVALID_CREDENTIALS,
    Login.NOT_AUTHORIZED: GetPayloadAuthTokenResponse.STATUS_PAYLOAD_NOT_AUTHORIZED,
}
_VERSION_STATUS: Final = {
    Login.OK: UpdatePayloadVersionResponse.STATUS_OK,
    Login.UNKNOWN_GUID: UpdatePayloadVersionResponse.STATUS_DOES_NOT_EXIST,
    Login.WRONG_SECRET: UpdatePayloadVersionResponse.STATUS_INVALID_CREDENTIALS,
    Login.NOT_AUTHORIZED: UpdatePayloadVersionResponse.STATUS_OK,
}
_ATTACHED_STATUS: Final = {
    Login.OK: UpdatePayloadAttachedResponse.STATUS_OK,
    Login.UNKNOWN_GUID: UpdatePayloadAttachedResponse.STATUS_DOES_NOT_EXIST,
    Login.WRONG_SECRET: UpdatePayloadAttachedResponse.STATUS_INVALID_CREDENTIALS,
    Login.NOT_AUTHORIZED: UpdatePayloadAttachedResponse.STATUS_PAYLOAD_NOT_AUTHORIZED,
}


class PayloadRegistrationService:
    """Keeps payloads, which wait for an operator, and gives them tokens."""

    entry = PAYLOAD_REGISTRATION

    def __init__(self, state: RobotState) -> None:
        self._state = state

    def methods(self) -> Mapping[str, Method]:
        """Return the RPCs by name."""
        return {
            "RegisterPayload": Method(
                RegisterPayloadRequest, RegisterPayloadResponse, self._register
            ),
            "UpdatePayloadVersion": Method(
                UpdatePayloadVersionRequest, UpdatePayloadVersionResponse, self._update_version
            ),
            "UpdatePayloadAttached": Method(
                UpdatePayloadAttachedRequest, UpdatePayloadAttachedResponse, self._update_attached
            ),
            "GetPayloadAuthToken": Method(
                GetPayloadAuthTokenRequest, GetPayloadAuthTokenResponse, self._get_token
            ),
        }

    def _register(self, request: Any, response: Any, caller: Caller) -> None:
        del caller
        payload = request.payload
        account = PayloadAccount(
            payload.GUID,
            request.payload_secret,
            name=payload.name,
            version=_version_of(payload.version),
            description=payload.SerializeToString(),
        )
        added = self._state.add_payload(account)
        response.status = (
            RegisterPayloadResponse.STATUS_OK
            if added
            else RegisterPayloadResponse.STATUS_ALREADY_EXISTS
        )

    def _update_version(self, request: Any, response: Any, caller: Caller) -> None:
        del caller
        credentials = request.payload_credentials
        version = _version_of(request.updated_version)
        login = self._state.set_payload_version(credentials.guid, credentials.secret, version)
        response.status = _VERSION_STATUS[login]

    def _update_attached(self, request: Any, response: Any, caller: Caller) -> None:
        del caller
        if request.request == UpdatePayloadAttachedRequest.REQUEST_UNKNOWN:
            raise InvalidRequest("attach or detach?")
        attached = request.request == UpdatePayloadAttachedRequest.REQUEST_ATTACH
        credentials = request.payload_credentials
        login = self._state.set_payload_attached(credentials.guid, credentials.secret, attached)
        response.status = _ATTACHED_STATUS[login]

    def _get_token(self, request: Any, response: Any, caller: Caller) -> None:
        del caller
        credentials = request.payload_credentials
        login, token = self._state.log_in_payload(credentials.guid, credentials.secret)
        response.status = _TOKEN_STATUS[login]
        response.token = token


def _version_of(version: Any) -> tuple[int, int, int]:
    return (version.major_version, version.minor_version, version.patch_level)
