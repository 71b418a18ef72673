"""Network connections of one camera, all of whose waits have a deadline and can be interrupted."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import unquote

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

# A host that is on answers sooner, even over radio. A host that is off costs this per address.
CONNECT_TIMEOUT_S = 0.8


class Interrupted(Exception):
    """The camera was interrupted."""


class NotConnected(Exception):
    """No address of the host accepts a connection; the cause is the reason."""


def plain_host(host: str) -> str:
    """Return the host of a URL for the resolver: an IPv6 address has brackets, and escapes."""
    return unquote(host.strip("[]"))


class Connector:
    """Deadline and interrupt of the connections of one camera.

    One thread uses it; `interrupt` may be called from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._interrupted = False
        self._deadline_s = 0.0
        # A second descriptor of the present connection: it stays valid while TLS takes the first.
        self._connection: socket.socket | None = None
        self.connections = 0

    @property
    def interrupted(self) -> bool:
        """Whether `interrupt` was called since `reset`."""
        return self._interrupted

    def reset(self) -> None:
        """Forget an earlier interrupt."""
        with self._lock:
            self._interrupted = False

    def interrupt(self) -> None:
        """End the present wait, and all later ones until `reset`; never blocks."""
        with self._lock:
            self._interrupted = True
            if self._connection is not None:
                with suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)

    def limit(self, timeout_s: float) -> None:
        """Let all waits from now on end after this time, together."""
        self._deadline_s = time.monotonic() + timeout_s

    @contextmanager
    def sooner(self, timeout_s: float) -> Iterator[None]:
        """Let the waits within end after this time, or at the deadline."""
        deadline_s = self._deadline_s
        self._deadline_s = min(deadline_s, time.monotonic() + timeout_s)
        try:
            yield
        finally:
            self._deadline_s = deadline_s

    def remaining_s(self) -> float:
        """Return the time until the deadline.

        Raises:
            TimeoutError: it has passed.
            Interrupted: instead of a wait.
        """
        if self._interrupted:
            raise Interrupted
        remaining_s = self._deadline_s - time.monotonic()
        if remaining_s <= 0:
            raise TimeoutError("timed out")
        return remaining_s

    @property
    def has_expired(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() >= self._deadline_s

    def connect(self, host: str, port: int) -> socket.socket:
        """Connect to a host, which is resolved with the system's own timeouts.

        Raises:
            NotConnected: caused by the error of the last address.
        """
        try:
            found = socket.getaddrinfo(plain_host(host), port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NotConnected from error
        failure: OSError = OSError("no address")
        for family, kind, protocol, _, address in found:
            try:
                return self._connect_to(BoundedSocket(family, kind, protocol), address)
            except OSError as error:  # noqa: PERF203 - the next address may work
                failure = error
        if self._interrupted:
            raise Interrupted
        raise NotConnected from failure

    def _connect_to(self, connection: "BoundedSocket", address: Any) -> "BoundedSocket":
        try:
            self._watch(connection)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(min(CONNECT_TIMEOUT_S, self.remaining_s()))
            connection.connect(address)
            # Of the TLS handshake, and for sending.
            connection.settimeout(self.remaining_s())
        except BaseException:
            connection.close()
            raise
        connection.connector = self
        return connection

    def _watch(self, connection: socket.socket) -> None:
        self.close()
        with self._lock:
            self._connection = connection.dup()
            self.connections += 1

    def close(self) -> None:
        """Release the descriptor; the connection itself is closed by its owner."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class BoundedSocket(socket.socket):
    """A socket whose reads end at the deadline of its connector."""

    connector: Connector | None = None

    def recv_into(self, *args: Any, **options: Any) -> int:
        """Receive until the deadline."""
        if self.connector is not None:
            self.settimeout(self.connector.remaining_s())
        return super().recv_into(*args, **options)


class BoundedTlsSocket(ssl.SSLSocket):
    """A TLS socket whose reads end at the deadline of its connector."""

    connector: Connector | None = None

    def recv_into(self, *args: Any, **options: Any) -> int:
        """Receive until the deadline."""
        if self.connector is not None:
            self.settimeout(self.connector.remaining_s())
        return super().recv_into(*args, **options)


class _Connection(HTTPConnection):
    def __init__(self, *args: Any, connector: Connector, **options: Any) -> None:
        self._connector = connector
        super().__init__(*args, **options)

    def _new_conn(self) -> socket.socket:
        return self._connector.connect(self.host, self.port)


class _TlsConnection(HTTPSConnection):
    def __init__(self, *args: Any, connector: Connector, **options: Any) -> None:
        self._connector = connector
        super().__init__(*args, **options)

    def _new_conn(self) -> socket.socket:
        return self._connector.connect(self.host, self.port)

    def connect(self) -> None:
        super().connect()
        if isinstance(self.sock, BoundedTlsSocket):
            self.sock.connector = self._connector


class HttpPool(urllib3.HTTPConnectionPool):
    """A pool of connections of a connector."""

    ConnectionCls = _Connection


class HttpsPool(urllib3.HTTPSConnectionPool):
    """A pool of TLS connections of a connector."""

    ConnectionCls = _TlsConnection
