"""TCP ports on which processes of this computer listen, as Linux's /proc shows them."""

import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LISTENING = "0A"


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that listens; every interface of the computer is the host `0.0.0.0` or `::`."""

    host: str
    port: int
    inode: str


def listeners(net: Path = Path("/proc/net")) -> Iterator[Listener]:
    """Yield the sockets of a network namespace that listen."""
    for table in ("tcp", "tcp6"):
        try:
            lines = (net / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTENING:
                host, _, port = fields[1].rpartition(":")
                yield Listener(_address(host), int(port, 16), fields[9])


def sockets_of(process: Path) -> set[str]:
    """Return the inodes of a process' sockets, none if it has ended or is another user's."""
    try:
        links = [str(link.readlink()) for link in (process / "fd").iterdir()]
    except OSError:
        return set()
    return {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}


def _address(digits: str) -> str:
    """Return an address that the kernel shows as words of 32 bits in the order of this computer."""
    words = [digits[start : start + 8] for start in range(0, len(digits), 8)]
    packed = b"".join(int(word, 16).to_bytes(4, sys.byteorder) for word in words)
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)
