"""Routes calls to the servicer, from their first byte: peer, method, request, time limits."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import grpc
from bosdyn.api import image_pb2, image_service_pb2
from google.protobuf.message import DecodeError

from spot_webcam.adapters.bosdyn.server.call_reaper import CallReaper
from spot_webcam.adapters.bosdyn.server.peer_allowlist import PeerAllowlist
from spot_webcam.adapters.bosdyn.server.servicer import ImageServicer

SERVICE = image_service_pb2.DESCRIPTOR.services_by_name["ImageService"].full_name


_Answer: TypeAlias = Callable[[Any, grpc.ServicerContext], bytes]
# By the service's full name and the method's: the type of the request, and its answer in bytes.
Services: TypeAlias = Mapping[str, Mapping[str, tuple[Any, _Answer]]]


class _Method(NamedTuple):
    request: Any
    answer: _Answer


class RpcDispatcher(grpc.GenericRpcHandler):
    """Routes calls to servicers, in place of gRPC's generated code.

    Generated code answers a malformed request by INTERNAL, and has a context only when the request
    is there. A handler for a stream of requests has it before, and on the wire a single request is
    a stream of one.
    """

    def __init__(
        self,
        servicer: ImageServicer,
        allowlist: PeerAllowlist,
        reaper: CallReaper,
        further: Services,
    ) -> None:
        """`further` services have the limits of the image service: peers, and time."""
        self._allowlist = allowlist
        self._is_open = allowlist.open
        self._reaper = reaper
        services: Services = {
            SERVICE: {
                "ListImageSources": (
                    image_pb2.ListImageSourcesRequest,
                    servicer.list_image_sources,
                ),
                "GetImage": (image_pb2.GetImageRequest, servicer.get_image),
            },
            **further,
        }
        # By service and method.
        self.methods = {
            service: {name: self._handler(_Method(*method)) for name, method in methods.items()}
            for service, methods in services.items()
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

    def _serve(
        self, method: _Method | None, requests: Iterator[bytes], context: grpc.ServicerContext
    ) -> bytes:
        if not self._is_open and not self._allowlist.allows(context.peer()):
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "this peer is not allowed here")
        if method is None:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "there is no such method")
        data = self._received(requests, context)
        try:
            request = method.request.FromString(data)
        except DecodeError:
            context.abort(
                grpc.StatusCode.INVALID_ARGUMENT, f"malformed {method.request.DESCRIPTOR.name}"
            )
        try:
            return method.answer(request, context)
        except MemoryError:
            context.abort(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "this computer is out of memory; ask again, for fewer or smaller pictures",
            )

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
