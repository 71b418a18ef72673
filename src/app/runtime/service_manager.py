"""Messages to the service manager that started this process: systemd's notification protocol."""

import os
import socket
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress

# systemd ignores messages of more than 4096 bytes; a character takes four at most.
MAX_STATUS_CHARS = 1000


class ServiceManager:
    """Sends what sd_notify(3) describes. No call blocks or raises; any thread may call.

    Without an address nobody listens, and nothing is sent. `watchdog_s` is how often `turns` must
    be reported at least, `None` without a watchdog.
    """

    def __init__(self, address: str = "", watchdog_s: float | None = None) -> None:
        """`address` is a path, or the name of an abstract socket after `@`."""
        self.watchdog_s = watchdog_s
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._socket: socket.socket | None = None
        if address.startswith(("/", "@")):
            # Kept: clients may take all descriptors, which is no reason for a restart.
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)

    @property
    def listens(self) -> bool:
        """Whether there is a service manager."""
        return self._socket is not None

    def ready(self, status: str) -> None:
        """Report that the start is over."""
        self._send("READY=1", _status(status))

    def report(self, status: str, *, turns: bool) -> None:
        """Report the state in words; unless all threads turn, the process is to be restarted."""
        self._send(_status(status), *(["WATCHDOG=1"] if turns else []))

    @contextmanager
    def reloading(self) -> Iterator[None]:
        """Report that the configuration is loaded, until the end of the block."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            yield
        finally:
            self._send("READY=1")

    def stopping(self) -> None:
        """Report that the process is about to end; nothing is sent afterwards."""
        self._send("STOPPING=1")
        if self._socket is not None:
            self._socket.close()

    def _send(self, *lines: str) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.sendto("\n".join(lines).encode(errors="replace"), self._address)


def service_manager(environ: MutableMapping[str, str] = os.environ) -> ServiceManager:
    """Return the service manager that the environment names, and remove its variables there.

    Child processes would inherit them, and are not the service.
    """
    address, watchdog_us, pid = (
        environ.pop(name, "") for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
    )
    is_watched = pid in {"", str(os.getpid())} and watchdog_us.isdecimal() and int(watchdog_us) > 0
    return ServiceManager(address, int(watchdog_us) / 1e6 if is_watched else None)


def _status(text: str) -> str:
    """Return the text as one line: a line break would begin another variable."""
    return f"STATUS={' '.join(text.split())[:MAX_STATUS_CHARS]}"
