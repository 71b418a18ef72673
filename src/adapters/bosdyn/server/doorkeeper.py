"""Who may call, by what gRPC says of a peer."""

import logging
import threading
from collections import Counter
from urllib.parse import unquote

from spot_webcam.adapters.bosdyn.server.allowed_peers import Address, AllowedPeers, parse_address

_LOG = logging.getLogger(__name__)

# Peers whose refusals are counted one by one; those beyond are counted as one.
MAX_COUNTED = 256
_OTHERS = "others"

_REFUSED = (
    "%(peer)s is neither the robot nor in --allow-from: %(count)d of its calls refused so far;"
    " if it may have pictures, add --allow-from %(peer)s"
)
_OTHERS_REFUSED = (
    f"more than {MAX_COUNTED} peers are neither the robot nor in --allow-from: %(count)d calls of"
    " those beyond refused so far; does a firewall keep this port to the robot's network?"
)


class Doorkeeper:
    """Lets calls of allowed peers in, or all where nobody is named. Thread-safe."""

    def __init__(self, allowed: AllowedPeers | None = None) -> None:
        self._allowed = allowed
        self._lock = threading.Lock()
        self._refused: Counter[str] = Counter()

    @property
    def open(self) -> bool:
        """Whether everyone is let in."""
        return self._allowed is None

    def admits(self, peer: str) -> bool:
        """Tell whether a peer's call is to be answered; `peer` as a gRPC context names it.

        One that is refused is logged, again each time its calls are ten times as many.
        """
        if self._allowed is None:
            return True
        address = address_of(peer)
        if address is not None and self._allowed.allows(address):
            return True
        self._note(str(address or peer))
        return False

    def _note(self, name: str) -> None:
        with self._lock:
            if name not in self._refused and len(self._refused) > MAX_COUNTED:
                name = _OTHERS
            self._refused[name] += 1
            count = self._refused[name]
        if str(count).strip("0") == "1":
            text = _OTHERS_REFUSED if name == _OTHERS else _REFUSED
            _LOG.warning(text, {"peer": name, "count": count})


def address_of(peer: str) -> Address | None:
    """Return the address in such as `ipv4:10.0.0.1:567` or `ipv6:%5B::1%5D:567`.

    `None` for what has none, such as a Unix socket.
    """
    family, _, place = unquote(peer).partition(":")
    if family not in ("ipv4", "ipv6"):
        return None
    host = place.rpartition(":")[0]
    return parse_address(host.removeprefix("[").removesuffix("]"))
