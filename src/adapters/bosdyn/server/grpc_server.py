"""The gRPC server that the robot forwards calls to."""

import logging
import threading
from concurrent import futures
from typing import Any, Protocol, cast

import grpc

from spot_webcam.adapters.bosdyn.server.dispatcher import RpcDispatcher

_LOG = logging.getLogger(__name__)

# Requests are names and numbers; the largest of them take a quarter of this.
MAX_REQUEST_BYTES = 256 * 1024
# How often calls that last too long, or send no request, are looked for.
REAPING_PERIOD_S = 0.25

_OPTIONS = (
    ("grpc.max_send_message_length", -1),  # bounded by the servicer
    ("grpc.max_receive_message_length", MAX_REQUEST_BYTES),
    # Identity only: a small compressed request could expand to a thousand times its size.
    ("grpc.compression_enabled_algorithms_bitset", 1),
    # Otherwise two daemons on one port would share its calls, unnoticed.
    ("grpc.so_reuseport", 0),
    # A client that vanished, or stopped reading, is detected within 30 s, with or without calls.
    # The ping timeout decides (without it grpcio 1.85 waits for a minute, as measured).
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.ping_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Clients may ping as often as this server does; the default treats that as an attack.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    # An unused connection gives its descriptor back. The robot's proxy keeps one open for long; if
    # it calls rarely it reconnects, which costs one round trip. There is no limit on the age of a
    # connection, which would close good ones.
    ("grpc.max_connection_idle_ms", 300_000),
    # Each takes a descriptor, and a process has 1024 of them by default.
    ("grpc.max_allowed_incoming_connections", 800),
)


class Executor(Protocol):
    """What gRPC uses of `concurrent.futures.ThreadPoolExecutor`; either fits."""

    def submit(self, work: Any, /, *arguments: Any) -> Any:
        """Run the work on a thread; the result has `add_done_callback`."""
        ...

    def shutdown(self) -> None:
        """Take no more work."""
        ...


class GrpcServer:
    """Listens in plaintext on every interface from `start` to `stop`."""

    def __init__(
        self,
        dispatcher: RpcDispatcher,
        executor: Executor,
        port: int,
        *,
        max_calls: int,
        handshake_timeout_s: float,
    ) -> None:
        """Bind the port, 0 for any free one; calls are answered by the executor's threads.

        Raises:
            OSError: the port is in use, or not this user's to take.
        """
        self._dispatcher = dispatcher
        self._executor = executor
        self._server = grpc.server(
            cast("futures.ThreadPoolExecutor", executor),
            options=(
                *_OPTIONS,
                ("grpc.server_handshake_timeout_ms", int(1000 * handshake_timeout_s)),
                # The robot's proxy puts the calls of all its clients into one connection, and those
                # over a bad radio link last long. Still, no connection may have all calls.
                ("grpc.max_concurrent_streams", max_calls // 2),
            ),
            maximum_concurrent_rpcs=max_calls,
        )
        # Registered methods are looked up by gRPC's core, which saves a query per call; the generic
        # handler gets the calls to other methods.
        for service, methods in dispatcher.methods.items():
            self._server.add_registered_method_handlers(service, methods)
        self._server.add_generic_rpc_handlers((dispatcher,))
        self._stopping = threading.Event()
        self._reaper = threading.Thread(target=self._reap, name="grpc-reaper", daemon=True)
        try:
            self.port: int = self._server.add_insecure_port(f"[::]:{port}")
        except RuntimeError as error:
            executor.shutdown()
            raise OSError(f"cannot listen on port {port}") from error

    def start(self) -> None:
        """Answer calls from now on."""
        self._server.start()
        self._reaper.start()

    def stop(self, grace_s: float) -> None:
        """Take no more calls, and end those in progress after `grace_s`."""
        self._stopping.set()
        try:
            self._server.stop(grace_s).wait(grace_s + 1.0)
        except RuntimeError:  # no thread that would wait for calls: they end with the process
            _LOG.debug("calls under way are not waited for", exc_info=True)
        self._executor.shutdown()

    def _reap(self) -> None:
        while not self._stopping.wait(REAPING_PERIOD_S):
            self._dispatcher.end_overdue()
