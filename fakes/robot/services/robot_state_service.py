"""bosdyn.api.RobotStateService: a robot that stands still, and its service faults."""

from collections.abc import Mapping
from typing import Any

from bosdyn.api.robot_state_pb2 import (
    RobotHardwareConfigurationRequest,
    RobotHardwareConfigurationResponse,
    RobotLinkModelRequest,
    RobotLinkModelResponse,
    RobotMetricsRequest,
    RobotMetricsResponse,
    RobotStateRequest,
    RobotStateResponse,
)

from spot_webcam.fakes.robot.services.frames import BODY
from spot_webcam.fakes.robot.services.method import Method
from spot_webcam.fakes.robot.services.posture import write_posture
from spot_webcam.fakes.robot.state.clock import to_timestamp
from spot_webcam.fakes.robot.state.own_services import ROBOT_STATE
from spot_webcam.fakes.robot.state.refusals import InvalidRequest
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller

_LINK = BODY


class RobotStateService:
    """Reports the faults truly, and a body that never moves: see `posture`."""

    entry = ROBOT_STATE

    def __init__(self, state: RobotState) -> None:
        self._state = state

    def methods(self) -> Mapping[str, Method]:
        """Return the RPCs by name."""
        return {
            "GetRobotState": Method(RobotStateRequest, RobotStateResponse, self._get_state),
            "GetRobotMetrics": Method(RobotMetricsRequest, RobotMetricsResponse, self._get_metrics),
            "GetRobotHardwareConfiguration": Method(
                RobotHardwareConfigurationRequest,
                RobotHardwareConfigurationResponse,
                self._get_hardware,
            ),
            "GetRobotLinkModel": Method(
                RobotLinkModelRequest, RobotLinkModelResponse, self._get_link_model
            ),
        }

    def _get_state(self, _request: Any, response: Any, _caller: Caller) -> None:
        now = to_timestamp(self._state.now_ns())
        robot = response.robot_state
        write_posture(robot, now)
        faults = self._state.faults()
        report = robot.service_fault_state
        report.faults.extend(faults)
        report.historical_faults.extend(self._state.historical_faults())
        for fault in faults:
            for attribute in fault.attributes:
                worst = max(report.aggregated[attribute], fault.severity)
                report.aggregated[attribute] = worst

    def _get_metrics(self, _request: Any, response: Any, _caller: Caller) -> None:
        metrics = response.robot_metrics
        metrics.timestamp.CopyFrom(to_timestamp(self._state.now_ns()))
        metrics.metrics.add(label="distance", units="m", float_value=0.0)

    def _get_hardware(self, _request: Any, response: Any, _caller: Caller) -> None:
        skeleton = response.hardware_configuration.skeleton
        skeleton.links.add(name=_LINK)

    def _get_link_model(self, request: Any, response: Any, _caller: Caller) -> None:
        if request.link_name != _LINK:
            raise InvalidRequest(f"the fake robot has one link, {_LINK!r}")
        response.link_model.file_name = f"{_LINK}.obj"
