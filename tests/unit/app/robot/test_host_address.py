from __future__ import annotations

from collections.abc import Sequence

import pytest

from spot_webcam.app.robot.host_address import HostAddress
from spot_webcam.domain.errors import RobotUnreachable

ROBOT, OURS, PORT = "192.168.50.3", "192.168.50.5", 21000


class Network:
    """A computer with these addresses, from the first of which it reaches the robot."""

    def __init__(self) -> None:
        self.ours = [OURS]
        self.routed = {ROBOT, "fd00::3"}
        self.connected: set[str] = set()
        self.bridged = False
        self.names = {"spot": [ROBOT]}

    def address_towards(self, address: str) -> str | None:
        return self.ours[0] if self.ours and address in self.routed else None

    def is_connected_to(self, address: str) -> bool:
        return address in self.connected

    def has(self, address: str) -> bool:
        return address in self.ours or address == "127.0.0.1"

    def is_bridged(self) -> bool:
        return self.bridged

    def resolve(self, host: str) -> Sequence[str]:
        if host not in self.names:
            raise OSError("unknown")
        return self.names[host]


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture(autouse=True)
def _log_all(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")


def address(network: Network, given: str | None, robot: str = ROBOT) -> HostAddress:
    return HostAddress(given, robot, PORT, network, network.resolve)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.levelname == "WARNING"]


# Without --host-ip.


def test_address_towards_the_robot_is_used_and_logged_once(
    network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    ours = address(network, None)
    assert [ours.current(), ours.current()] == [OURS, OURS]
    [logged] = caplog.messages
    assert logged.startswith(f"the robot is given {OURS}, from which this computer reaches it;")
    assert "give --host-ip" in logged
    assert warnings(caplog) == []


def test_address_that_changes_is_followed_and_logged(
    network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    ours = address(network, None)
    ours.current()
    network.ours = ["192.168.50.9"]
    assert ours.current() == "192.168.50.9"
    assert len(caplog.messages) == 2
    network.ours = []  # the cable is out
    assert ours.current() == "192.168.50.9"
    assert len(caplog.messages) == 2


def test_computer_without_a_route_has_no_address_yet(network: Network) -> None:
    network.routed.clear()
    ours = address(network, None)
    ours.check()  # says nothing: the robot may be reached later
    with pytest.raises(RobotUnreachable, match="give this computer's address with --host-ip"):
        ours.current()


def test_name_of_the_robot_is_resolved_at_each_connection(network: Network) -> None:
    ours = address(network, None, robot="spot")
    ours.check()
    with pytest.raises(RobotUnreachable):
        ours.current()
    ours.resolve()
    assert ours.current() == OURS
    network.names.clear()  # the name server is away
    ours.resolve()
    assert ours.current() == OURS


@pytest.mark.parametrize(
    ("connected", "expected"),
    [
        ({"fd00::3"}, "fd00::5"),  # the robot does not answer on IPv4
        ({ROBOT}, OURS),
        (set(), OURS),  # not known
        ({"fd00::3", ROBOT}, OURS),
    ],
)
def test_address_is_of_the_family_by_which_the_robot_is_connected(
    network: Network, connected: set[str], expected: str
) -> None:
    towards = {ROBOT: OURS, "fd00::3": "fd00::5"}
    network.address_towards = towards.get  # type: ignore[method-assign, assignment]
    network.names["spot"] = ["fd00::3", ROBOT]
    network.connected = connected
    ours = address(network, None, robot="spot")
    ours.resolve()
    network.connected = set()  # the connection may end at any time
    assert ours.current() == expected


def test_family_without_a_route_is_not_used(network: Network) -> None:
    network.address_towards = {"fd00::3": "fd00::5"}.get  # type: ignore[method-assign, assignment]
    network.names["spot"] = [ROBOT, "fd00::3"]
    ours = address(network, None, robot="spot")
    ours.resolve()
    assert ours.current() == "fd00::5"


def test_address_of_a_bridged_container_is_warned_of(
    network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    network.bridged = True
    network.ours = ["172.17.0.2"]
    assert address(network, None).current() == "172.17.0.2"
    [warned] = warnings(caplog)
    assert "--network=host" in warned
    assert f"publish port {PORT}" in warned


# With --host-ip.


def test_given_address_of_this_computer_is_no_matter(
    network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    assert address(network, OURS).current() == OURS
    assert warnings(caplog) == []


def test_given_address_of_no_interface_is_warned_of_at_the_start(
    network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    ours = address(network, "192.168.50.55")
    ours.check()
    [warned] = warnings(caplog)
    assert warned == (
        "--host-ip 192.168.50.55 is on none of this computer's interfaces: unless something"
        " forwards port 21000, the robot will not reach the service: its address towards the robot"
        " is 192.168.50.5"
    )
    assert ours.current() == "192.168.50.55"
    assert len(warnings(caplog)) == 1


def test_given_address_that_is_lost_and_regained_is_logged(
    network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    ours = address(network, OURS)
    ours.current()
    caplog.clear()
    network.ours = []
    ours.current()
    ours.current()
    assert len(warnings(caplog)) == 1
    network.ours = [OURS]
    ours.current()
    assert caplog.messages[1:] == [f"--host-ip {OURS} is an address of this computer"]


@pytest.mark.parametrize("loopback", ["127.0.0.1", "::1"])
def test_loopback_is_warned_of_unless_the_robot_is_there(
    network: Network, caplog: pytest.LogCaptureFixture, loopback: str
) -> None:
    address(network, loopback).check()
    [warned] = warnings(caplog)
    assert warned.startswith(f"--host-ip {loopback} is the robot itself for the robot")
    caplog.clear()
    network.ours.append(loopback)
    address(network, loopback, robot="127.0.0.1").check()
    address(network, loopback, robot="spot").check()  # which may be a fake one
    assert warnings(caplog) == []


def test_given_address_of_a_container_s_host_is_expected(
    network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    network.bridged = True
    address(network, "192.168.50.55").check()
    [logged] = caplog.messages
    assert "if the container's host has that address, and forwards port 21000" in logged
    assert warnings(caplog) == []


def test_given_name_is_the_robot_s_to_resolve(
    network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    ours = address(network, "camera-computer", robot="spot")
    ours.check()
    network.names.clear()
    ours.resolve()
    assert ours.current() == "camera-computer"
    assert caplog.messages == []
