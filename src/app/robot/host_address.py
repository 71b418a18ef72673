"""The address of this computer by which the robot reaches the service."""

import ipaddress
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from spot_webcam.app.robot.address_resolver import addresses_of
from spot_webcam.domain.errors import RobotUnreachable
from spot_webcam.domain.ports import HostNetwork

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExaminedAddress:
    """An address for the robot's directory; `text` is for the log, and empty for a name."""

    address: str
    text: str = ""
    is_doubtful: bool = False


class HostAddress:
    """The address of `--host-ip`, or else the one from which this computer reaches the robot.

    Logs what it is, and why the robot may not reach it, once each. Used by one thread at a time.
    """

    def __init__(
        self,
        given: str | None,
        robot_host: str,
        port: int,
        network: HostNetwork,
        resolve: Callable[[str], Sequence[str]] = addresses_of,
    ) -> None:
        self._given = given
        self._robot_host = robot_host
        self._port = port
        self._network = network
        self._resolve = resolve
        # None for a name that has not been resolved.
        self._robot_ips = [robot_host] if _is_ip(robot_host) else []
        self._last: str | None = None
        self._logged = ""

    def resolve(self) -> None:
        """Resolve the robot's name if it is needed; blocks for as long as a name server takes.

        Called while the robot is connected: of its addresses the connected one counts first. Then
        IPv4, which the robot's own network has.
        """
        if self._given is None:
            with suppress(OSError):
                self._robot_ips = sorted(
                    self._resolve(self._robot_host),
                    key=lambda address: (
                        not self._network.is_connected_to(address),
                        ":" in address,
                    ),
                )

    def check(self) -> None:
        """Log why the robot may not reach the service, as far as is known before it is reached."""
        if self._robot_ips or self._given is not None:
            with suppress(RobotUnreachable):
                self.current()

    def current(self) -> str:
        """Return the address; never blocks.

        Raises:
            RobotUnreachable: there is no route to the robot, and never was.
        """
        found = self.examine()
        if found.text and found.text != self._logged:
            self._logged = found.text
            _LOG.log(logging.WARNING if found.is_doubtful else logging.INFO, "%s", found.text)
        return found.address

    def examine(self) -> ExaminedAddress:
        """Return the address, and whether the robot may not reach it; logs nothing."""
        towards = self._towards_robot()
        if self._given is not None:
            if _is_ip(self._given):
                return self._examined_given(self._given, towards)
            return ExaminedAddress(self._given)  # to the robot a name may mean another address
        self._last = towards or self._last
        if self._last is None:
            raise RobotUnreachable(
                f"no address of this computer leads to {self._robot_host}: check the network, or"
                " give this computer's address with --host-ip"
            )
        return self._examined_own(self._last)

    def _examined_own(self, address: str) -> ExaminedAddress:
        if self._network.is_bridged():
            return ExaminedAddress(
                address,
                f"the robot is given {address}, which is the address of this container on its own"
                " host: start the container with --network=host, or publish port"
                f" {self._port} and give the host's address with --host-ip",
                is_doubtful=True,
            )
        return ExaminedAddress(
            address,
            f"the robot is given {address}, from which this computer reaches it; if the robot"
            " has another route to this computer, give --host-ip",
        )

    def _examined_given(self, given: str, towards: str | None) -> ExaminedAddress:
        instead = f": its address towards the robot is {towards}" if towards else ""
        if _is_loopback(given) and not all(map(_is_loopback, self._robot_ips)):
            return ExaminedAddress(
                given,
                f"--host-ip {given} is the robot itself for the robot, which will not reach"
                f" the service: give this computer's address{instead}",
                is_doubtful=True,
            )
        if self._network.has(given):
            return ExaminedAddress(given, f"--host-ip {given} is an address of this computer")
        if self._network.is_bridged():
            return ExaminedAddress(
                given,
                f"--host-ip {given} is not this container's: the robot reaches the service"
                f" if the container's host has that address, and forwards port {self._port}",
            )
        return ExaminedAddress(
            given,
            f"--host-ip {given} is on none of this computer's interfaces: unless"
            f" something forwards port {self._port}, the robot will not reach the service"
            f"{instead}",
            is_doubtful=True,
        )

    def _towards_robot(self) -> str | None:
        for address in self._robot_ips:
            towards = self._network.address_towards(address)
            if towards is not None:
                return towards
        return None


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback
