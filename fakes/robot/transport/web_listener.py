"""The robot's HTTPS port."""

import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from spot_webcam.fakes.robot.transport.listener import ReservedPort

CONNECTION_LIMIT = 64
_WORKERS = 4
_HANDSHAKE_TIMEOUT_S = 5.0
_WAKE_TIMEOUT_S = 1.0
_LOOK_AGAIN_S = 0.05

_LOG = logging.getLogger(__name__)

Handle = Callable[[socket.socket, tuple[str, int], object], object]


class WebListener:
    """Calls `handle` with each connection after its TLS handshake, four at a time.

    Connections beyond `CONNECTION_LIMIT` are closed at once. `context` is called at the first
    connection: a robot without downloads needs no certificate for them.
    """

    def __init__(
        self, port: ReservedPort, handle: Handle, context: Callable[[], ssl.SSLContext]
    ) -> None:
        self._handle = handle
        self._make_context = context
        self._context: ssl.SSLContext | None = None
        self._address = (port.address, port.port)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closing = threading.Event()
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="fake-robot-web")
        self._socket = socket.socket(port.family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(self._address)
            self._socket.listen()
        except OSError:
            self._socket.close()
            raise
        self._thread = threading.Thread(target=self._accept, name="fake-robot-web", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close every connection and join the threads."""
        self._closing.set()
        # Closing a socket does not wake `accept`. Shutting it down does on Linux, even without a
        # free descriptor; a connection does on every system.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            socket.create_connection(self._address, _WAKE_TIMEOUT_S).close()
        self._thread.join()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._workers.shutdown(wait=True)

    def _accept(self) -> None:
        with self._socket:
            while not self._closing.is_set():
                try:
                    connection, peer = self._socket.accept()
                except OSError:  # The client has left, or there is no free descriptor.
                    self._closing.wait(_LOOK_AGAIN_S)
                    continue
                if not self._take(connection, peer):
                    connection.close()

    def _take(self, connection: socket.socket, peer: tuple[str, int]) -> bool:
        with self._lock:
            if self._closing.is_set() or len(self._open) >= CONNECTION_LIMIT:
                return False
            self._open.add(connection)
        try:
            self._workers.submit(self._serve, connection, peer)
        except RuntimeError:  # The interpreter exits, and the robot was not stopped.
            with self._lock:
                self._open.discard(connection)
            return False
        return True

    def _serve(self, connection: socket.socket, peer: tuple[str, int]) -> None:
        try:
            connection.settimeout(_HANDSHAKE_TIMEOUT_S)
            with self._tls().wrap_socket(_duplicate(connection), server_side=True) as encrypted:
                self._handle(encrypted, peer, self)
        except OSError:  # The client left, does not speak TLS, or was too slow.
            pass
        except Exception:  # noqa: BLE001 - nobody reads the worker's future
            _LOG.exception("a connection to the download port broke off")
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _tls(self) -> ssl.SSLContext:
        with self._lock:
            if self._context is None:
                self._context = self._make_context()
            return self._context


def _duplicate(connection: socket.socket) -> socket.socket:
    """Return a second handle: TLS owns it, and `close` shuts down the first."""
    other = connection.dup()
    other.settimeout(connection.gettimeout())
    return other
