"""Allowlist of gRPC peers: the robot, and the networks of `--allow-from`."""

import ipaddress
import logging
import threading
from collections import Counter
from collections.abc import Iterable
from typing import TypeAlias
from urllib.parse import unquote

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_LOG = logging.getLogger(__name__)

# Peers whose refusals are counted separately; all further peers share one count.
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


class PeerAllowlist:
    """Allows fixed networks and the robot, whose addresses may become known later. Thread-safe.

    Without networks every peer is allowed.
    """

    def __init__(self, networks: Iterable[Network] = ()) -> None:
        self._networks = tuple(networks)
        self._robot: frozenset[Address] = frozenset()
        self._lock = threading.Lock()
        self._refused: Counter[str] = Counter()

    @property
    def open(self) -> bool:
        """Whether every peer is allowed."""
        return not self._networks

    def update_robot(self, addresses: Iterable[str]) -> bool:
        """Set the robot's addresses, unless none is valid; return whether any are known."""
        parsed = map(parse_address, addresses)
        valid = frozenset(address for address in parsed if address is not None)
        self._robot = valid or self._robot
        return bool(self._robot)

    def allows(self, peer: str) -> bool:
        """Return whether to answer a peer's call; `peer` is `peer()` of the gRPC context.

        The first refusal of a peer is logged, and again each time its number grows tenfold.
        """
        if self.open:
            return True
        address = address_of(peer)
        if address is not None and self._contains(address):
            return True
        self._log_refusal(str(address or peer))
        return False

    def _contains(self, address: Address) -> bool:
        if address in self._robot:
            return True
        return any(
            address.version == network.version and address in network for network in self._networks
        )

    def _log_refusal(self, name: str) -> None:
        with self._lock:
            if name not in self._refused and len(self._refused) > MAX_COUNTED:
                name = _OTHERS
            self._refused[name] += 1
            count = self._refused[name]
        if str(count).strip("0") == "1":
            text = _OTHERS_REFUSED if name == _OTHERS else _REFUSED
            _LOG.warning(text, {"peer": name, "count": count})


def parse_network(text: str) -> Network:
    """Parse a network such as 192.168.50.0/24, or an address; ignore bits below the mask.

    Raises:
        ValueError: the text is neither; the message shows a valid one.
    """
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(
            f"invalid network {text!r}: expected an address, or a network such as 192.168.50.0/24"
        ) from None
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= 96:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return ipaddress.IPv4Network((mapped, network.prefixlen - 96))
    return network


def parse_address(text: str) -> Address | None:
    """Parse an address without its zone; return `None` if it is invalid.

    An IPv4 address that a dual-stack socket maps to IPv6 becomes IPv4 again.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def address_of(peer: str) -> Address | None:
    """Return the address in a peer such as `ipv4:10.0.0.1:567` or `ipv6:%5B::1%5D:567`.

    Other peers, such as a Unix socket, have no address.
    """
    family, _, place = unquote(peer).partition(":")
    if family not in ("ipv4", "ipv6"):
        return None
    host = place.rpartition(":")[0]
    return parse_address(host.removeprefix("[").removesuffix("]"))
