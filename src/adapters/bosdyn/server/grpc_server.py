"""The gRPC server that the robot forwards calls to."""

import logging
import threading
from concurrent import futures
from typing import cast

import grpc

from spot_webcam.adapters.bosdyn.server.dispatcher import (
    MAX_WITHOUT_REQUEST,
    SERVICE,
    RpcDispatcher,
)
from spot_webcam.adapters.bosdyn.server.executor import CallExecutor
from spot_webcam.adapters.bosdyn.server.peer_allowlist import PeerAllowlist
from spot_webcam.adapters.bosdyn.server.servicer import ImageServicer

_LOG = logging.getLogger(__name__)

# Requests are names and numbers, and the largest of them fit a quarter of this.
MAX_REQUEST_BYTES = 256 * 1024
# Threads that answer calls; they are made when they are needed. Most of them may wait for
# cameras on demand, see daemon.py. There are more for the calls that wait for their requests.
WORKERS = 128
# Calls beyond the workers' wait here; further ones are refused at once.
MAX_CALLS = 512
# From a connection to its client's first word: who is silent holds a descriptor.
MAX_GREETING_S = 5.0
# How often it is looked for calls that last too long.
LOOK_S = 0.5

_OPTIONS = (
    ("grpc.max_send_message_length", -1),  # bounded by the servicer
    ("grpc.max_receive_message_length", MAX_REQUEST_BYTES),
    # None but the identity: a small request would otherwise unpack to a thousand times its size.
    ("grpc.compression_enabled_algorithms_bitset", 1),
    # Two daemons on one port would otherwise share its calls, unnoticed.
    ("grpc.so_reuseport", 0),
    # Who vanished, or reads nothing any more, is found out within 30 s, calls or none. It is the
    # second time limit that counts (grpcio 1.85 otherwise waits for a minute, as measured).
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.ping_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Clients may ping as often as we do; the default takes that for an attack.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    # Connections that nobody uses give their descriptor back. The robot's proxy keeps one for
    # long; when it calls seldom it connects anew, which costs it one round trip. There is no
    # bound on a connection's age, which would end good ones.
    ("grpc.max_connection_idle_ms", 300_000),
    # The robot's proxy puts all its clients' calls into one connection, and those of clients on a
    # bad radio link last long. Still, no one connection can have all calls that there may be.
    ("grpc.max_concurrent_streams", MAX_CALLS // 2),
    # Each is a descriptor, and a host gives a process no more than 1024 unless it is asked.
    ("grpc.max_allowed_incoming_connections", 800),
)


class GrpcServer:
    """Listens in plaintext on every interface from `start` to `stop`."""

    def __init__(
        self, servicer: ImageServicer, port: int, allowlist: PeerAllowlist | None = None
    ) -> None:
        """Bind the port, 0 for any free one.

        Raises:
            OSError: the port is in use, or not this user's to take.
        """
        self._calls = RpcDispatcher(servicer, allowlist or PeerAllowlist())
        self._workers = CallExecutor(WORKERS + MAX_WITHOUT_REQUEST)
        greeting = ("grpc.server_handshake_timeout_ms", int(1000 * MAX_GREETING_S))
        self._server = grpc.server(
            # It asks of an executor what this one has.
            cast("futures.ThreadPoolExecutor", self._workers),
            options=(*_OPTIONS, greeting),
            maximum_concurrent_rpcs=MAX_CALLS,
        )
        # By name, which gRPC's core looks up itself; the others are for its generic handler.
        self._server.add_registered_method_handlers(SERVICE, self._calls.methods)
        self._server.add_generic_rpc_handlers((self._calls,))
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._look, name="grpc-watch", daemon=True)
        try:
            self.port: int = self._server.add_insecure_port(f"[::]:{port}")
        except RuntimeError as error:
            self._workers.shutdown()
            raise OSError(f"cannot listen on port {port}") from error

    def start(self) -> None:
        """Answer calls from now on."""
        self._server.start()
        self._watch.start()

    def stop(self, grace_s: float) -> None:
        """Take no more calls, and end those under way after `grace_s`."""
        self._stopping.set()
        try:
            self._server.stop(grace_s).wait(grace_s + 1.0)
        except RuntimeError:  # no thread that would wait for calls: they end with the process
            _LOG.debug("calls under way are not waited for", exc_info=True)
        self._workers.shutdown()

    def _look(self) -> None:
        while not self._stopping.wait(LOOK_S):
            self._calls.cancel_overdue()
