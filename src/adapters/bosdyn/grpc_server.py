"""The gRPC server that the robot forwards calls to."""

from concurrent import futures

import grpc
from bosdyn.api import image_service_pb2_grpc

from spot_webcam.adapters.bosdyn.image_servicer import ImageServicer

# Requests are names and numbers: a megabyte is plenty.
LARGEST_REQUEST_BYTES = 1024 * 1024
# Threads that answer calls. Most of them may wait for cameras on demand; see daemon.py.
WORKERS = 32
# Calls beyond the workers' wait here; further ones are refused at once.
MOST_CALLS = 256

_OPTIONS = (
    ("grpc.max_send_message_length", -1),  # bounded by the servicer
    ("grpc.max_receive_message_length", LARGEST_REQUEST_BYTES),
    # Two daemons on one port would otherwise share its calls, unnoticed.
    ("grpc.so_reuseport", 0),
)


class GrpcServer:
    """Listens in plaintext on every interface from `start` to `stop`."""

    def __init__(self, servicer: ImageServicer, port: int) -> None:
        """Bind the port, 0 for any free one.

        Raises:
            OSError: the port is in use, or not this user's to take.
        """
        self._workers = futures.ThreadPoolExecutor(WORKERS, thread_name_prefix="grpc")
        self._server = grpc.server(
            self._workers, options=_OPTIONS, maximum_concurrent_rpcs=MOST_CALLS
        )
        image_service_pb2_grpc.add_ImageServiceServicer_to_server(servicer, self._server)
        try:
            self.port: int = self._server.add_insecure_port(f"[::]:{port}")
        except RuntimeError as error:
            self._workers.shutdown()
            raise OSError(f"cannot listen on port {port}") from error

    def start(self) -> None:
        """Answer calls from now on."""
        self._server.start()

    def stop(self, grace_s: float) -> None:
        """Take no more calls, and end those under way after `grace_s`."""
        self._server.stop(grace_s).wait(grace_s + 1.0)
        self._workers.shutdown(wait=False)
