"""The SDK's runner of a service, ended with all its threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bosdyn.api import image_service_pb2_grpc
from bosdyn.client.server_util import GrpcServiceRunner


@contextmanager
def image_service_runner(servicer: Any) -> Iterator[GrpcServiceRunner]:
    """Serve an image service on a port of its own."""
    add = image_service_pb2_grpc.add_ImageServiceServicer_to_server
    runner = GrpcServiceRunner(servicer, add)
    try:
        yield runner
    finally:
        runner.stop()
        # The runner leaves its threads to the garbage collector.
        runner.server._state.thread_pool.shutdown()  # noqa: SLF001 - nothing else has the pool
