"""Periodic resolution of the robot's host name, for `--allow-from`."""

import logging
import socket
import threading
from collections.abc import Callable, Sequence

from spot_webcam.app.robot.timeouts import RobotTimeouts

_LOG = logging.getLogger(__name__)


def addresses_of(host: str) -> list[str]:
    """Return the addresses of a host; blocks for as long as its name server takes.

    Raises:
        OSError: the name does not resolve.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"invalid host name {host!r}") from error
    return [str(address[0]) for *_, address in found]


class AddressResolver:
    """Resolves the robot's name, on a thread of its own, and passes the addresses on.

    `update` takes them and returns whether any address of the robot is known by now.
    """

    def __init__(
        self,
        host: str,
        update: Callable[[Sequence[str]], bool],
        timeouts: RobotTimeouts,
        resolve: Callable[[str], Sequence[str]] = addresses_of,
    ) -> None:
        self._host = host
        self._update = update
        self._resolve = resolve
        self._timeouts = timeouts
        self._logged = False
        self.wake = threading.Event()

    def step(self) -> float:
        """Resolve once; return the seconds to wait before the next time."""
        self.wake.clear()
        addresses: Sequence[str] = ()
        try:
            addresses = self._resolve(self._host)
        except OSError as error:
            _LOG.debug("%s does not resolve: %s", self._host, error)
        if self._update(addresses):
            return self._timeouts.address_refresh_s
        if not self._logged:
            self._logged = True
            _LOG.warning(
                "the robot's name %s does not resolve: calls are taken from --allow-from alone"
                " until it does",
                self._host,
            )
        return self._timeouts.address_retry_s
