"""Network addresses of the host."""

import ipaddress
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

# Files by which container engines mark their containers.
_CONTAINER_MARKS = (".dockerenv", "run/.containerenv")
_DISCARD_PORT = 9
# The state of a connection in the kernel's tables, and the columns of remote address and state.
_ESTABLISHED = "01"
_REMOTE, _STATE = 2, 3


class SystemNetwork:
    """A `HostNetwork` of the kernel's own view; `root` is that of the file system."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root

    def address_towards(self, address: str) -> str | None:
        """Connect a UDP socket, which sends nothing, and read its address."""
        try:
            family, place = _numeric(address)
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect(place)
                found = str(probe.getsockname()[0])
        except OSError:
            return None
        # Valid on one interface alone: no other computer can use it.
        is_link_local = ":" in found and ipaddress.ip_address(found).is_link_local
        return None if is_link_local else found

    def is_connected_to(self, address: str) -> bool:
        """Look into the kernel's tables of TCP sockets."""
        wanted = ipaddress.ip_address(address.partition("%")[0])
        for table in ("tcp", "tcp6"):
            with suppress(OSError):  # not Linux
                lines = (self._root / "proc/self/net" / table).read_text().splitlines()
                sockets = [line.split() for line in lines[1:]]
                if any(
                    columns[_STATE] == _ESTABLISHED and _from_table(columns[_REMOTE]) == wanted
                    for columns in sockets
                ):
                    return True
        return False

    def has(self, address: str) -> bool:
        """Bind a UDP socket to the address."""
        try:
            family, place = _numeric(address, port=0)
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.bind(place)
        except OSError:
            return False
        return True

    def is_bridged(self) -> bool:
        """Look for a container's mark, and for interfaces that are all one end of a pair."""
        if not any((self._root / mark).exists() for mark in _CONTAINER_MARKS):
            return False
        interfaces = [
            interface
            for interface in (self._root / "sys/class/net").glob("*")
            if interface.name != "lo" and (interface / "iflink").exists()
        ]
        return bool(interfaces) and all(_is_paired(interface) for interface in interfaces)


def _numeric(address: str, port: int = _DISCARD_PORT) -> tuple[int, Any]:
    [(family, _, _, _, place), *_] = socket.getaddrinfo(
        address, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
    )
    return family, place


def _from_table(place: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the address of `ADDRESS:PORT`, in hexadecimal words of the host's byte order."""
    digits = place.partition(":")[0]
    words = (int(digits[at : at + 8], 16) for at in range(0, len(digits), 8))
    address = ipaddress.ip_address(b"".join(struct.pack("=I", word) for word in words))
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_paired(interface: Path) -> bool:
    """Report whether an interface leads to another one, as a container's does to its host's."""
    return (interface / "iflink").read_text() != (interface / "ifindex").read_text()
