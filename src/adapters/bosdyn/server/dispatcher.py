"""Each call from its first byte to its last: who, what, and for how long."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import grpc
from bosdyn.api import image_pb2, image_service_pb2
from google.protobuf.message import DecodeError

from spot_webcam.adapters.bosdyn.server.call_reaper import CallReaper
from spot_webcam.adapters.bosdyn.server.peer_allowlist import PeerAllowlist
from spot_webcam.adapters.bosdyn.server.request_reader import RequestReader
from spot_webcam.adapters.bosdyn.server.servicer import MAX_REQUESTS, ImageServicer

# From the call to its request, which fits into one packet: until then it holds a thread.
MAX_REQUEST_S = 5.0
# Calls that may wait for their requests at a time; of more, one of the connection that has the
# most is ended. A request that was sent with its call is there within a millisecond.
MAX_WITHOUT_REQUEST = 64
# From the call to the last byte of its answer. The SDK's own clients give up as soon.
MAX_CALL_S = 30.0

SERVICE = image_service_pb2.DESCRIPTOR.services_by_name["ImageService"].full_name


class _Method(NamedTuple):
    request: str
    read: Callable[[bytes], Any]
    answer: Callable[[Any, grpc.ServicerContext], bytes]


class RpcDispatcher(grpc.GenericRpcHandler):
    """Routes calls to a servicer.

    Not by gRPC's generated code: it calls a request that is none an INTERNAL error of ours, and
    shows a call only once its request is there. A stream of requests has a context before, and
    on the wire a single one is a stream.
    """

    def __init__(self, servicer: ImageServicer, allowlist: PeerAllowlist) -> None:
        self._allowlist = allowlist
        self._all_may_call = allowlist.open
        self._without_request = CallReaper(MAX_REQUEST_S, most=MAX_WITHOUT_REQUEST)
        self._unanswered = CallReaper(MAX_CALL_S)
        list_sources = _Method(
            "ListImageSourcesRequest",
            image_pb2.ListImageSourcesRequest.FromString,
            servicer.list_image_sources,
        )
        get_image = _Method("GetImageRequest", RequestReader(MAX_REQUESTS).read, servicer.get_image)
        self.methods = {
            "ListImageSources": self._handler(list_sources),
            "GetImage": self._handler(get_image),
        }
        self._no_method = self._handler(None)

    def service(self, _: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        """Take a call to none of our `methods`; strangers do not learn which there are."""
        return None if self._all_may_call else self._no_method

    def cancel_overdue(self) -> None:
        """End the calls that last too long."""
        self._without_request.cancel_overdue()
        self._unanswered.cancel_overdue()

    def _handler(self, method: _Method | None) -> "grpc.RpcMethodHandler[bytes, bytes]":
        return grpc.stream_unary_rpc_method_handler(partial(self._serve, method))

    def _serve(
        self, method: _Method | None, requests: Iterator[bytes], context: grpc.ServicerContext
    ) -> bytes:
        if not self._all_may_call and not self._allowlist.allows(context.peer()):
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "this peer is not allowed here")
        if method is None:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "there is no such method")
        data = self._first(requests, context)
        try:
            request = method.read(data)
        except DecodeError:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"this is no {method.request}")
        try:
            return method.answer(request, context)
        except MemoryError:
            context.abort(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "this computer is out of memory; ask again, for fewer or smaller pictures",
            )

    def _first(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
        self._unanswered.begin(context)
        # False: the call has ended already, and nobody would tell of its end.
        if not context.add_callback(partial(self._unanswered.end, context)):
            self._unanswered.end(context)
        self._without_request.begin(context)
        try:
            data = next(requests, None)
        finally:
            self._without_request.end(context)
        if data is None:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "a call without a request")
        return data
