"""Who may call: the robot, and the networks that the operator named."""

import ipaddress
from collections.abc import Iterable
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_network(text: str) -> Network:
    """Read a network such as 192.168.50.0/24, or one address; bits below the mask are dropped.

    Raises:
        ValueError: it is neither; the text says what would be.
    """
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(
            f"{text!r} is no network: give one such as 192.168.50.0/24, or an address"
        ) from None
    return network if isinstance(network, ipaddress.IPv4Network) else _network_unmapped(network)


def parse_address(text: str) -> Address | None:
    """Read a peer's address without its zone; `None` if it is none."""
    try:
        return _unmapped(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return None


class AllowedPeers:
    """Networks that are fixed, and a robot whose addresses may be learnt later. Thread-safe."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._networks = tuple(networks)
        self._robot: frozenset[Address] = frozenset()

    @property
    def robot_known(self) -> bool:
        """Whether the robot's addresses have been learnt."""
        return bool(self._robot)

    def learn_robot(self, addresses: Iterable[str]) -> None:
        """Take these for the robot's addresses; none leaves those that it had."""
        parsed = map(parse_address, addresses)
        known = frozenset(address for address in parsed if address is not None)
        if known:
            self._robot = known

    def allows(self, address: Address) -> bool:
        """Tell whether calls from an address are answered."""
        if address in self._robot:
            return True
        return any(
            address.version == network.version and address in network for network in self._networks
        )


def _unmapped(address: Address) -> Address:
    """Return the IPv4 address in an IPv6 one that a socket for both makes of it."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return address if mapped is None else mapped


def _network_unmapped(network: ipaddress.IPv6Network) -> Network:
    mapped = _unmapped(network.network_address)
    if isinstance(mapped, ipaddress.IPv4Address) and network.prefixlen >= 96:
        return ipaddress.IPv4Network((mapped, network.prefixlen - 96))
    return network
