"""A robot that cannot be reached: what stands in between is reported."""

import socket
from pathlib import Path

import pytest
import trustme

from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.adapters.bosdyn.robot.reachability import why_unreachable
from spot_webcam.app.robot.timeouts import RobotTimeouts
from spot_webcam.domain.errors import RobotUnreachable
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.fakes.robot import FakeRobot


def test_a_robot_that_is_there_is_no_trouble(fake_robot: FakeRobot) -> None:
    certificates = fake_robot.ca_file.read_bytes()
    address = RobotAddress("127.0.0.1", fake_robot.port, fake_robot.ca_file)
    assert why_unreachable(address, certificates) == ""


def test_a_wrong_authority_is_reported_by_its_flag(fake_robot: FakeRobot, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    trustme.CA().cert_pem.write_to_path(str(wrong))
    address = RobotAddress("127.0.0.1", fake_robot.port, wrong)
    link = RobotLink(address, PayloadCredentials("guid", "secret"), RobotTimeouts().robot_rpc_s)
    with pytest.raises(RobotUnreachable, match="is --robot-ca the right file"):
        link.connect()
    link.close()


def test_a_closed_port_is_reported() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert f"nothing listens at 127.0.0.1:{port}" in why_unreachable(
        RobotAddress("127.0.0.1", port), None
    )


def test_something_that_is_no_robot_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert "does not answer" in why_unreachable(RobotAddress("127.0.0.1", port), None)
