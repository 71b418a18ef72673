"""bosdyn.api.RobotIdService and AuthService: the robot's identity, and its users' logins."""

from typing import Any

from bosdyn.api import auth_service_pb2, robot_id_service_pb2
from bosdyn.api.auth_pb2 import GetAuthTokenResponse

from spot_webcam.fakes.robot.state.own_services import AUTH, ROBOT_ID
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller


class RobotIdService:
    """Returns a constant identity."""

    entry = ROBOT_ID
    protocol = robot_id_service_pb2.DESCRIPTOR

    def _get_robot_id(self, _request: Any, response: Any, _caller: Caller) -> None:
        robot = response.robot_id
        robot.serial_number = "spot-FAKE-00000001"
        robot.computer_serial_number = "FAKE-CORE-00000001"
        robot.species = "spot"
        robot.version = "V4"
        robot.nickname = "fake-robot"
        robot.software_release.name = "fake"
        robot.software_release.version.major_version = 5
        robot.software_release.version.minor_version = 1


class AuthService:
    """Logs users in, and renews the tokens of users and payloads.

    Wrong passwords never lock an account.
    """

    entry = AUTH
    protocol = auth_service_pb2.DESCRIPTOR

    def __init__(self, state: RobotState) -> None:
        self._state = state

    def _get_auth_token(self, request: Any, response: Any, _caller: Caller) -> None:
        token: str | None = None
        if request.token:
            token = self._state.tokens.renew(request.token)
            refusal = GetAuthTokenResponse.STATUS_INVALID_TOKEN
        else:
            if self._state.users.get(request.username) == request.password:
                token = self._state.tokens.issue(Caller(request.username))
            refusal = GetAuthTokenResponse.STATUS_INVALID_LOGIN
        response.status = refusal if token is None else GetAuthTokenResponse.STATUS_OK
        response.token = token or ""
