"""One process of a computer at a time, by a socket's name, which the kernel frees by itself."""

import hashlib
import platform
import socket
import threading
from contextlib import suppress
from pathlib import Path

from spot_webcam.domain.ports import NameLock

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_NETWORK = Path("/proc/self/ns/net")


class AbstractSocketLock:
    """A `NameLock`: an abstract UNIX socket, of which Linux has one of a name.

    There is no file that a killed process could leave behind. Containers with a network of their
    own are other computers to it, as they are to the robot.
    """

    def __init__(self, name: str) -> None:
        where = _where()
        self._scope = f"{name} {where}" if where else ""
        self._address = b"\0spot-webcam-" + hashlib.sha256(name.encode()).hexdigest().encode()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    @property
    def scope(self) -> str:
        """The name, and this boot of this computer's kernel where that can be read."""
        return self._scope

    def acquire(self) -> bool:
        """Bind the name."""
        with self._lock:
            if self._socket is None:
                holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                try:
                    holder.bind(self._address)
                except OSError:
                    holder.close()
                    return False
                self._socket = holder
            return True

    def release(self) -> None:
        """Close the socket."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None


class NoLock:
    """A `NameLock` where there is none: it is always ours, and excludes nobody."""

    scope = ""

    def acquire(self) -> bool:
        """Succeed."""
        return True

    def release(self) -> None:
        """Do nothing."""


def name_lock(name: str) -> NameLock:
    """Return a lock of a name that this system can give."""
    return AbstractSocketLock(name) if platform.system() == "Linux" else NoLock()


def _where() -> str:
    """Return what processes that share abstract names share: a boot, and a network namespace."""
    where = ""
    with suppress(OSError):
        where = f"{_BOOT_ID.read_text().strip()} {_NETWORK.stat().st_ino}"
    return where
