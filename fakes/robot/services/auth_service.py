"""bosdyn.api.AuthService: passwords and old tokens into new tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bosdyn.api.auth_pb2 import GetAuthTokenRequest, GetAuthTokenResponse

from spot_webcam.fakes.robot.services.method import Method
from spot_webcam.fakes.robot.state.own_services import AUTH
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller


class AuthService:
    """Logs users in and renews tokens, a user's or a payload's."""

    entry = AUTH

    def __init__(self, state: RobotState) -> None:
        self._state = state

    def methods(self) -> Mapping[str, Method]:
        """Return the RPCs by name."""
        return {"GetAuthToken": Method(GetAuthTokenRequest, GetAuthTokenResponse, self._get)}

    def _get(self, request: Any, response: Any, caller: Caller) -> None:
        del caller
        if request.token:
            token = self._state.renew(request.token)
            refusal = GetAuthTokenResponse.STATUS_INVALID_TOKEN
        else:
            token = self._state.log_in_user(request.username, request.password)
            refusal = GetAuthTokenResponse.STATUS_INVALID_LOGIN
        response.status = refusal if token is None else GetAuthTokenResponse.STATUS_OK
        response.token = token or ""
