"""HTTP server of the control API."""

import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import HTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import Any

from spot_webcam.fakes.robot.control.http import ControlHandler
from spot_webcam.fakes.robot.fake_robot import FakeRobot

ADDRESS = "127.0.0.1"
CONNECTION_LIMIT = 64
_WAKE_TIMEOUT_S = 1.0
# A command that powers the robot off waits for its workers, up to ten seconds.
_STOP_TIMEOUT_S = 20.0

_LOG = logging.getLogger(__name__)


class ControlServer:
    """Controls a started robot by JSON over HTTP, on a port of 127.0.0.1.

    `GET /v1/faults` is a query, `POST /v1/reboot` with `{"seconds": 5}` a command; `commands` has
    all of them. Commands are executed one at a time, also while the robot is down. A client has
    `read_timeout_s` to send its request. Connections beyond `CONNECTION_LIMIT` are closed at once.

    There is no authentication: every program of this computer can send commands. Web pages cannot:
    requests with an Origin, or for another host, are refused.
    """

    def __init__(self, robot: FakeRobot, port: int = 0, *, read_timeout_s: float = 2.0) -> None:
        """Bind the port, any free one by default; `start` serves it.

        Raises:
            OSError: the port is in use or not permitted; the text says what to do.
        """
        try:
            self._server = _Server(port, robot, read_timeout_s)
        except OSError as error:
            reason = f"cannot listen on {ADDRESS}:{port}: {error.strerror}; choose another port"
            raise OSError(error.errno, reason) from None
        self._thread = threading.Thread(
            target=self._server.serve, name="fake-robot-control", daemon=True
        )

    @property
    def port(self) -> int:
        """Port of the server."""
        return self._server.server_port

    def start(self) -> "ControlServer":
        """Start the thread; once only."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Finish the present command, close the port, and join the threads."""
        if self._thread.ident is not None:
            self._server.end()
            self._thread.join(_STOP_TIMEOUT_S)
        self._server.server_close()

    def __enter__(self) -> "ControlServer":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Server(HTTPServer):
    """Serves each connection by a thread, so that a silent client holds up nobody."""

    # A port that another process listens on must be an error.
    allow_reuse_port = False
    request_queue_size = CONNECTION_LIMIT

    def __init__(self, port: int, robot: FakeRobot, read_timeout_s: float) -> None:
        self.robot = robot
        self.read_timeout_s = read_timeout_s
        # Held by the command that is executed.
        self.turn = threading.Lock()
        self._ending = False
        self._lock = threading.Lock()
        self._clients: set[socket.socket] = set()
        self._workers = ThreadPoolExecutor(
            CONNECTION_LIMIT, thread_name_prefix="fake-robot-control-client"
        )
        super().__init__((ADDRESS, port), ControlHandler)

    def server_bind(self) -> None:
        """Bind without HTTPServer's DNS query."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, self.server_address[1]

    def serve(self) -> None:
        """Serve until `end`."""
        while not self._ending:
            self.handle_request()

    def end(self) -> None:
        """Make `serve` return soon; called from another thread."""
        with self._lock:
            self._ending = True
            for client in self._clients:
                # Stops reading. A command that has arrived completely still gets its answer.
                with suppress(OSError):
                    client.shutdown(socket.SHUT_RD)
        # `serve` waits for a connection, without a timeout.
        with suppress(OSError):  # a full queue of connections wakes it as well
            socket.create_connection((ADDRESS, self.server_port), _WAKE_TIMEOUT_S).close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection, which `end` interrupts, by another thread."""
        with self._lock:
            if self._ending or len(self._clients) >= CONNECTION_LIMIT:
                self.shutdown_request(request)
                return
            self._clients.add(request)
            self._workers.submit(self._serve_client, request, client_address)

    def server_close(self) -> None:
        """Close the port, and join the threads of connections."""
        super().server_close()
        self._workers.shutdown()

    def _serve_client(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except Exception:  # noqa: BLE001 - nobody reads the worker's future
            self.handle_error(request, client_address)
        finally:
            with self._lock:
                self._clients.discard(request)
            self.shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002
        """Log why a connection broke: usually, the client left."""
        _LOG.debug("a connection to the control port broke off", exc_info=True)
