"""bosdyn.api.RobotStateService: state of a body that never moves, and the service faults."""

from typing import Any

from bosdyn.api import robot_state_service_pb2

from spot_webcam.fakes.robot.services.frames import BODY
from spot_webcam.fakes.robot.services.posture import write_posture
from spot_webcam.fakes.robot.state.clock import to_timestamp
from spot_webcam.fakes.robot.state.own_services import ROBOT_STATE
from spot_webcam.fakes.robot.state.refusals import InvalidRequest
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller

_LINK = BODY


class RobotStateService:
    """Reports the actual service faults, and a constant state of the body: see `posture`.

    Not simulated: metrics other than a distance of 0 m, hardware other than one link.
    """

    entry = ROBOT_STATE
    protocol = robot_state_service_pb2.DESCRIPTOR

    def __init__(self, state: RobotState) -> None:
        self._state = state

    def _get_robot_state(self, _request: Any, response: Any, _caller: Caller) -> None:
        now = to_timestamp(self._state.now_ns())
        robot = response.robot_state
        write_posture(robot, now)
        faults = self._state.faults()
        report = robot.service_fault_state
        report.faults.extend(faults)
        report.historical_faults.extend(self._state.historical_faults())
        for fault in faults:
            for attribute in fault.attributes:
                highest = max(report.aggregated[attribute], fault.severity)
                report.aggregated[attribute] = highest

    def _get_robot_metrics(self, _request: Any, response: Any, _caller: Caller) -> None:
        metrics = response.robot_metrics
        metrics.timestamp.CopyFrom(to_timestamp(self._state.now_ns()))
        metrics.metrics.add(label="distance", units="m", float_value=0.0)

    def _get_robot_hardware_configuration(
        self, _request: Any, response: Any, _caller: Caller
    ) -> None:
        skeleton = response.hardware_configuration.skeleton
        skeleton.links.add(name=_LINK)

    def _get_robot_link_model(self, request: Any, response: Any, _caller: Caller) -> None:
        if request.link_name != _LINK:
            raise InvalidRequest(f"the fake robot has one link, {_LINK!r}")
        response.link_model.file_name = f"{_LINK}.obj"
