"""Where the robot's calls come from, for `--allow-from`."""

import logging
import socket
import threading
from collections.abc import Callable, Sequence

from spot_webcam.adapters.bosdyn.server.allowed_peers import AllowedPeers

_LOG = logging.getLogger(__name__)

# Names move, if seldom; one that does not resolve may do so as soon as the network is up.
REFRESH_S = 300.0
RETRY_S = 5.0


def addresses_of(host: str) -> list[str]:
    """Return the addresses of a host; blocks for as long as its name server takes.

    Raises:
        OSError: its name does not resolve.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"{host!r} is no host name") from error
    return [str(address[0]) for *_, address in found]


class AddressResolver:
    """Looks the robot's name up, apart from all calls, and lets its addresses in."""

    def __init__(
        self,
        host: str,
        allowed: AllowedPeers,
        resolve: Callable[[str], Sequence[str]] = addresses_of,
    ) -> None:
        self._host = host
        self._allowed = allowed
        self._resolve = resolve
        self._told = False
        self.wake = threading.Event()

    def step(self) -> float:
        """Look once; return the seconds to wait before the next look."""
        self.wake.clear()
        try:
            self._allowed.learn_robot(self._resolve(self._host))
        except OSError as error:
            _LOG.debug("%s does not resolve: %s", self._host, error)
        if self._allowed.robot_known:
            return REFRESH_S
        if not self._told:
            self._told = True
            _LOG.warning(
                "the robot's name %s does not resolve: calls are taken from --allow-from alone"
                " until it does",
                self._host,
            )
        return RETRY_S
