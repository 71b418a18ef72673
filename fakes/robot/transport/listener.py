"""The robot's gRPC port."""

import socket
from concurrent.futures import ThreadPoolExecutor

import grpc

from spot_webcam.domain.robot_access import bracketed

WORKERS = 48
_CALL_LIMIT = 1_000
_STOP_TIMEOUT_S = 10.0

_SERVER_OPTIONS = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.http2.max_ping_strikes", 0),
)


class ReservedPort:
    """A bound socket that never listens: it keeps the port while the robot reboots.

    Linux lets a listener bind to the same port, because both set SO_REUSEADDR; without a listener,
    connections are refused.

    Raises:
        OSError: the port is taken, or not permitted.
    """

    def __init__(self, address: str, port: int) -> None:
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._socket = socket.socket(self.family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((address, port))
        except OSError as error:
            self._socket.close()
            place = f"{bracketed(address)}:{port}"
            reason = f"cannot listen on {place}: {error.strerror}; choose another port"
            raise OSError(error.errno, reason) from None
        self.address = address
        self.port: int = self._socket.getsockname()[1]

    def release(self) -> None:
        """Release the port."""
        self._socket.close()


class ReservedPorts:
    """The ports of the API and of downloads of a started robot, kept while it reboots.

    Raises:
        OSError: a port is taken, or not permitted.
    """

    def __init__(self, address: str, api: int, web: int) -> None:
        self.api = ReservedPort(address, api)
        try:
            self.web = ReservedPort(address, web)
        except OSError:
            self.api.release()
            raise

    def release(self) -> None:
        """Release both ports."""
        self.api.release()
        self.web.release()


class Listener:
    """A running gRPC server on a reserved port."""

    def __init__(
        self,
        port: ReservedPort,
        handler: grpc.GenericRpcHandler,
        credentials: grpc.ServerCredentials,
    ) -> None:
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="fake-robot")
        self._server = grpc.server(
            self._workers,
            handlers=[handler],
            options=_SERVER_OPTIONS,
            maximum_concurrent_rpcs=_CALL_LIMIT,
        )
        self._server.add_secure_port(f"{bracketed(port.address)}:{port.port}", credentials)
        self._server.start()

    def close(self) -> None:
        """Close every connection and join the worker threads."""
        self._server.stop(grace=None).wait(_STOP_TIMEOUT_S)
        self._workers.shutdown(wait=True)
