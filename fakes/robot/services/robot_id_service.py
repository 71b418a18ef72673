"""bosdyn.api.RobotIdService: what the robot is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bosdyn.api.robot_id_pb2 import RobotIdRequest, RobotIdResponse

from spot_webcam.fakes.robot.services.method import Method
from spot_webcam.fakes.robot.state.own_services import ROBOT_ID
from spot_webcam.fakes.robot.state.tokens import Caller


class RobotIdService:
    """Answers with a constant identity."""

    entry = ROBOT_ID

    def methods(self) -> Mapping[str, Method]:
        """Return the RPCs by name."""
        return {"GetRobotId": Method(RobotIdRequest, RobotIdResponse, self._get)}

    def _get(self, request: Any, response: Any, caller: Caller) -> None:
        del request, caller
        robot = response.robot_id
        robot.serial_number = "spot-FAKE-00000001"
        robot.computer_serial_number = "FAKE-CORE-00000001"
        robot.species = "spot"
        robot.version = "V4"
        robot.nickname = "fake-robot"
        robot.software_release.name = "fake"
        robot.software_release.version.major_version = 5
        robot.software_release.version.minor_version = 1
