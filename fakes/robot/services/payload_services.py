"""bosdyn.api.PayloadRegistrationService and PayloadService: registration, login and list."""

from typing import Any

from bosdyn.api import payload_registration_service_pb2, payload_service_pb2
from bosdyn.api.payload_registration_pb2 import (
    GetPayloadAuthTokenResponse,
    RegisterPayloadResponse,
    UpdatePayloadAttachedRequest,
    UpdatePayloadAttachedResponse,
    UpdatePayloadVersionResponse,
)

from spot_webcam.fakes.robot.state.own_services import PAYLOAD, PAYLOAD_REGISTRATION
from spot_webcam.fakes.robot.state.payloads import Login, PayloadAccount
from spot_webcam.fakes.robot.state.refusals import InvalidRequest
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller

_TOKEN_STATUS = {
    Login.OK: GetPayloadAuthTokenResponse.STATUS_OK,
    Login.UNKNOWN_GUID: GetPayloadAuthTokenResponse.STATUS_INVALID_CREDENTIALS,
    Login.WRONG_SECRET: GetPayloadAuthTokenResponse.STATUS_INVALID_CREDENTIALS,
    Login.NOT_AUTHORIZED: GetPayloadAuthTokenResponse.STATUS_PAYLOAD_NOT_AUTHORIZED,
}
_VERSION_STATUS = {
    Login.OK: UpdatePayloadVersionResponse.STATUS_OK,
    Login.UNKNOWN_GUID: UpdatePayloadVersionResponse.STATUS_DOES_NOT_EXIST,
    Login.WRONG_SECRET: UpdatePayloadVersionResponse.STATUS_INVALID_CREDENTIALS,
    Login.NOT_AUTHORIZED: UpdatePayloadVersionResponse.STATUS_OK,
}
_ATTACHED_STATUS = {
    Login.OK: UpdatePayloadAttachedResponse.STATUS_OK,
    Login.UNKNOWN_GUID: UpdatePayloadAttachedResponse.STATUS_DOES_NOT_EXIST,
    Login.WRONG_SECRET: UpdatePayloadAttachedResponse.STATUS_INVALID_CREDENTIALS,
    Login.NOT_AUTHORIZED: UpdatePayloadAttachedResponse.STATUS_PAYLOAD_NOT_AUTHORIZED,
}


class PayloadRegistrationService:
    """Registers payloads, which an operator has to authorize, and issues their tokens.

    A payload's mass and geometry are not checked.
    """

    entry = PAYLOAD_REGISTRATION
    protocol = payload_registration_service_pb2.DESCRIPTOR

    def __init__(self, state: RobotState) -> None:
        self._state = state

    def _register_payload(self, request: Any, response: Any, _caller: Caller) -> None:
        payload = request.payload
        account = PayloadAccount(
            payload.GUID,
            request.payload_secret,
            name=payload.name,
            version=_version_of(payload.version),
            description=payload.SerializeToString(),
        )
        added = self._state.payloads.add(account)
        response.status = (
            RegisterPayloadResponse.STATUS_OK
            if added
            else RegisterPayloadResponse.STATUS_ALREADY_EXISTS
        )

    def _update_payload_version(self, request: Any, response: Any, _caller: Caller) -> None:
        credentials = request.payload_credentials
        version = _version_of(request.updated_version)
        login = self._state.payloads.set_version(credentials.guid, credentials.secret, version)
        response.status = _VERSION_STATUS[login]

    def _update_payload_attached(self, request: Any, response: Any, _caller: Caller) -> None:
        if request.request == UpdatePayloadAttachedRequest.REQUEST_UNKNOWN:
            raise InvalidRequest("the request must be REQUEST_ATTACH or REQUEST_DETACH")
        attached = request.request == UpdatePayloadAttachedRequest.REQUEST_ATTACH
        credentials = request.payload_credentials
        login = self._state.payloads.set_attached(credentials.guid, credentials.secret, attached)
        response.status = _ATTACHED_STATUS[login]

    def _get_payload_auth_token(self, request: Any, response: Any, _caller: Caller) -> None:
        credentials = request.payload_credentials
        login, token = self._state.log_in_payload(credentials.guid, credentials.secret)
        response.status = _TOKEN_STATUS[login]
        response.token = token


class PayloadService:
    """Lists payloads as they registered, with their authorization."""

    entry = PAYLOAD
    protocol = payload_service_pb2.DESCRIPTOR

    def __init__(self, state: RobotState) -> None:
        self._state = state

    def _list_payloads(self, _request: Any, response: Any, _caller: Caller) -> None:
        for account in self._state.payloads.all():
            payload = response.payloads.add()
            payload.ParseFromString(account.description)
            payload.GUID = account.guid
            payload.name = account.name
            payload.is_authorized = account.authorized
            payload.is_enabled = account.authorized and account.attached
            version = payload.version
            version.major_version, version.minor_version, version.patch_level = account.version


def _version_of(version: Any) -> tuple[int, int, int]:
    return (version.major_version, version.minor_version, version.patch_level)
