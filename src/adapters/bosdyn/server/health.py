"""`grpc.health.v1.Health` on the wire: whether each source serves pictures."""

import threading
from collections.abc import Callable, Iterator, Mapping

import grpc
from bosdyn.api import image_service_pb2
from grpc_health.v1 import health_pb2

SERVICE = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
IMAGE_SERVICE = image_service_pb2.DESCRIPTOR.services_by_name["ImageService"].full_name

# Between comparisons for a client that watches; each asks the sources for their faults.
WATCH_PERIOD_S = 0.5

_Status = health_pb2.HealthCheckResponse
_UNKNOWN = _Status.SERVICE_UNKNOWN


class HealthServicer:
    """Answers by the name of a source; the whole server serves if one of its sources does.

    `is_serving` returns, by source, whether its pictures are served now. Thread-safe.
    """

    def __init__(
        self,
        is_serving: Callable[[], Mapping[str, bool]],
        watch_period_s: float = WATCH_PERIOD_S,
    ) -> None:
        self._is_serving = is_serving
        self._watch_period_s = watch_period_s

    def check(self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext) -> bytes:
        """Return the status now, as a `HealthCheckResponse`."""
        status = self._status(request.service)
        if status == _UNKNOWN:
            context.abort(grpc.StatusCode.NOT_FOUND, "no source has this name")
        return _response(status)

    def watch(
        self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext
    ) -> Iterator[bytes]:
        """Yield the status now, and each time it has changed, until the call has ended."""
        ended = threading.Event()
        if not context.add_callback(ended.set):
            return
        last: int | None = None
        while not ended.is_set():
            status = self._status(request.service)
            if status != last:
                yield _response(status)
                last = status
            ended.wait(self._watch_period_s)

    def _status(self, name: str) -> int:
        is_serving = self._is_serving()
        if name in ("", IMAGE_SERVICE):
            is_good: bool | None = any(is_serving.values())
        else:
            is_good = is_serving.get(name)
        if is_good is None:
            return int(_UNKNOWN)
        return int(_Status.SERVING if is_good else _Status.NOT_SERVING)


def _response(status: int) -> bytes:
    response: bytes = _Status(status=status).SerializeToString()
    return response
