"""Addresses of the robot and of this computer: IPv6, and none given."""

import socket
from collections.abc import Callable
from typing import Any

import pytest

from spot_webcam.adapters.bosdyn.robot.reachability import why_unreachable
from spot_webcam.domain.robot_access import RobotAddress


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this host has no IPv6")


@needs_ipv6
@pytest.mark.fake_robot(address="::1")
def test_pictures_pass_through_a_robot_with_an_ipv6_address(serve: Callable[..., Any]) -> None:
    serving = serve("synthetic:?fps=50")
    serving.wait_for_pictures()
    [entry] = serving.robot.services()
    assert entry.endpoint == f"[::1]:{serving.daemon.port}"
    certificates = serving.robot.ca_file.read_bytes()
    assert why_unreachable(RobotAddress("::1", serving.robot.port), certificates) == ""


@needs_ipv6
def test_ipv6_address_of_this_computer_is_reached(serve: Callable[..., Any]) -> None:
    serving = serve("synthetic:?fps=50", host_ip="::1")
    serving.wait_for_pictures()
    assert serving.robot.services()[0].host_ip == "::1"


@needs_ipv6
def test_closed_port_of_an_ipv6_address_is_reported() -> None:
    with socket.socket(socket.AF_INET6) as unused:
        unused.bind(("::1", 0))
        port = unused.getsockname()[1]
    assert f"nothing listens at [::1]:{port}" in why_unreachable(RobotAddress("::1", port), None)


@pytest.mark.usefixtures("short_heartbeat")
def test_own_address_need_not_be_given(
    serve: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    serving = serve("synthetic:?fps=50", host_ip=None)
    serving.wait_for_pictures()
    assert serving.robot.services()[0].host_ip == serving.robot.address
    beats = serving.calls("UpdateService")
    assert serving.eventually(lambda: serving.calls("UpdateService") > beats + 1)
    logged = [line for line in caplog.messages if "the robot is given" in line]
    assert len(logged) == 1
