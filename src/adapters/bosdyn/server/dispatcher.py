"""Routes calls to the servicers, from their first byte: peer, method, request, time limits."""

import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

import grpc
from bosdyn.api import image_pb2, image_service_pb2
from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2

from spot_webcam.adapters.bosdyn.server.call_reaper import CallReaper
from spot_webcam.adapters.bosdyn.server.health import SERVICE as HEALTH_SERVICE
from spot_webcam.adapters.bosdyn.server.health import HealthServicer
from spot_webcam.adapters.bosdyn.server.peer_allowlist import PeerAllowlist
from spot_webcam.adapters.bosdyn.server.servicer import ImageServicer

SERVICE = image_service_pb2.DESCRIPTOR.services_by_name["ImageService"].full_name


_Answer: TypeAlias = Callable[[Any, grpc.ServicerContext], bytes]
# By the service's full name and the method's: the type of the request, and its answer in bytes.
Services: TypeAlias = Mapping[str, Mapping[str, tuple[Any, _Answer]]]
_REFLECTION = reflection.SERVICE_NAME
# The streams of all clients: a watch of health, and reflection. Each holds a thread, until the
# reaper ends it as any call that takes long.
MAX_STREAMS = 8


class _Method(NamedTuple):
    request: Any
    answer: _Answer


class _StreamMethod(NamedTuple):
    request: Any
    answers: Callable[[Iterator[Any], grpc.ServicerContext], Iterator[bytes]]


class RpcDispatcher(grpc.GenericRpcHandler):
    """Routes calls to servicers, in place of gRPC's generated code.

    Generated code answers a malformed request by INTERNAL, and has a context only when the request
    is there. A handler for a stream of requests has it before, and on the wire a single request is
    a stream of one.
    """

    def __init__(
        self,
        servicer: ImageServicer,
        health: HealthServicer,
        allowlist: PeerAllowlist,
        reaper: CallReaper,
        further: Services,
        enter_blocking_region: Callable[[], None] = lambda: None,
    ) -> None:
        """`further` services have the limits of the image service: peers, and time.

        `enter_blocking_region` is called by a thread that begins a stream: it mostly waits.
        """
        self._allowlist = allowlist
        self._is_open = allowlist.open
        self._reaper = reaper
        self._enter_blocking_region = enter_blocking_region
        self._streams = threading.BoundedSemaphore(MAX_STREAMS)
        check = health_pb2.HealthCheckRequest
        services: Services = {
            SERVICE: {
                "ListImageSources": (
                    image_pb2.ListImageSourcesRequest,
                    servicer.list_image_sources,
                ),
                "GetImage": (image_pb2.GetImageRequest, servicer.get_image),
            },
            HEALTH_SERVICE: {"Check": (check, health.check)},
            **further,
        }
        described = reflection.ReflectionServicer((*services, _REFLECTION))

        def watch(requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[bytes]:
            return health.watch(next(requests), context)

        def describe(requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[bytes]:
            for response in described.ServerReflectionInfo(requests, context):
                yield response.SerializeToString()

        # By service and method.
        self.methods = {
            service: {name: self._handler(_Method(*method)) for name, method in methods.items()}
            for service, methods in services.items()
        }
        self.methods[HEALTH_SERVICE]["Watch"] = self._stream_handler(_StreamMethod(check, watch))
        self.methods[_REFLECTION] = {
            "ServerReflectionInfo": self._stream_handler(
                _StreamMethod(reflection_pb2.ServerReflectionRequest, describe)
            )
        }
        self._unknown_method = self._handler(None)

    def service(self, _: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        """Handle a call to a method that is not in `methods`.

        Where peers are restricted, one that is not allowed does not learn which methods there are.
        """
        return None if self._is_open else self._unknown_method

    def end_overdue(self) -> None:
        """End the calls that exceed a limit; called periodically."""
        self._reaper.look()

    def _handler(self, method: _Method | None) -> "grpc.RpcMethodHandler[bytes, bytes]":
        return grpc.stream_unary_rpc_method_handler(partial(self._serve, method))

    def _stream_handler(self, method: _StreamMethod) -> "grpc.RpcMethodHandler[bytes, bytes]":
        return grpc.stream_stream_rpc_method_handler(partial(self._serve_stream, method))

    def _serve(
        self, method: _Method | None, requests: Iterator[bytes], context: grpc.ServicerContext
    ) -> bytes:
        self._refuse_peer(context)
        if method is None:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "there is no such method")
        request = _parsed(method.request, self._received(requests, context), context)
        try:
            return method.answer(request, context)
        except MemoryError:
            context.abort(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "this computer is out of memory; ask again, for fewer or smaller pictures",
            )

    def _serve_stream(
        self, method: _StreamMethod, requests: Iterator[bytes], context: grpc.ServicerContext
    ) -> Iterator[bytes]:
        self._refuse_peer(context)
        if not self._streams.acquire(blocking=False):
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many streams; ask again")
        # Not when this generator is closed: gRPC may keep it.
        if not context.add_callback(self._streams.release):
            self._streams.release()
            return
        self._enter_blocking_region()
        received = chain((self._received(requests, context),), requests)
        yield from method.answers(
            (_parsed(method.request, data, context) for data in received), context
        )

    def _refuse_peer(self, context: grpc.ServicerContext) -> None:
        """Abort a call of a peer that is not allowed."""
        if not self._is_open and not self._allowlist.allows(context.peer()):
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "this peer is not allowed here")

    def _received(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
        """Return the serialized request; blocks until it arrives, or the call is cancelled."""
        self._reaper.begin(context)
        # False: the call has ended already, and gRPC will not call back.
        if not context.add_callback(partial(self._reaper.end, context)):
            self._reaper.end(context)
        try:
            data = next(requests, None)
        finally:
            self._reaper.received(context)
        if data is None:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "a call without a request")
        return data


def _parsed(kind: Any, data: bytes, context: grpc.ServicerContext) -> Any:
    """Return the message, or abort the call."""
    try:
        return kind.FromString(data)
    except DecodeError:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"malformed {kind.DESCRIPTOR.name}")
