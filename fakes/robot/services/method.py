"""RPCs of the robot's own services: from request bytes to a response with a header."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Protocol

import grpc
from bosdyn.api.header_pb2 import CommonError
from google.protobuf.descriptor_pb2 import MethodDescriptorProto
from google.protobuf.message import DecodeError

from spot_webcam.fakes.robot.state.clock import to_timestamp
from spot_webcam.fakes.robot.state.own_services import OwnService
from spot_webcam.fakes.robot.state.refusals import CallRefused, InvalidRequest
from spot_webcam.fakes.robot.state.tokens import Caller


class Shape(Enum):
    """Which side of a call is a stream: of requests, or of `DataChunk`s of one response."""

    UNARY = auto()
    UPLOAD = auto()
    DOWNLOAD = auto()


class Service(Protocol):
    """One of the robot's own services; `protocol` is the `FileDescriptor` that defines it.

    An RPC `GetImage` is served by the method `_get_image(request, response, caller)`, which fills
    the response, and may raise `InvalidRequest` and `CallRefused`. An upload's method gets an
    iterator of at least one request.
    """

    entry: OwnService
    protocol: Any


@dataclass(frozen=True, slots=True)
class Method:
    """Message classes of an RPC, and the function that fills its response; see `Service`."""

    request_type: Any
    response_type: Any
    fill: Callable[[Any, Any, Caller], None]
    shape: Shape = Shape.UNARY

    def answer(
        self, payload: bytes | Iterator[bytes], caller: Caller, now_ns: Callable[[], int]
    ) -> bytes:
        """Serve one call. Times in the header are robot time."""
        received = to_timestamp(now_ns())
        if isinstance(payload, bytes):
            request = first = self._decoded(payload)
        else:
            first = self._decoded(next(payload, b""))
            request = self._all_from(first, payload)
        response = self.response_type()
        error = CommonError(code=CommonError.CODE_OK)
        try:
            self.fill(request, response, caller)
        except InvalidRequest as invalid:
            response = self.response_type()
            error = CommonError(code=CommonError.CODE_INVALID_REQUEST, message=str(invalid))
        header = response.header
        header.request_header.CopyFrom(first.header)
        header.request_received_timestamp.CopyFrom(received)
        header.error.CopyFrom(error)
        header.response_timestamp.CopyFrom(to_timestamp(now_ns()))
        answer: bytes = response.SerializeToString()
        return answer

    def _all_from(self, first: Any, payloads: Iterator[bytes]) -> Iterator[Any]:
        yield first
        try:
            for payload in payloads:
                yield self._decoded(payload)
        except grpc.RpcError:
            raise CallRefused(grpc.StatusCode.CANCELLED, "the client gave up") from None

    def _decoded(self, payload: bytes) -> Any:
        try:
            return self.request_type.FromString(payload)
        except DecodeError:
            raise CallRefused(grpc.StatusCode.INTERNAL, "the request cannot be decoded") from None


def methods_of(service: Service) -> dict[str, Method]:
    """Return the RPCs that a service implements, by name."""
    methods = {}
    name = service.entry.type.rpartition(".")[2]
    for rpc in service.protocol.services_by_name[name].methods:
        fill = getattr(service, re.sub("(?=[A-Z])", "_", rpc.name).lower(), None)
        if fill is not None:
            methods[rpc.name] = _method(rpc, fill)
    return methods


def _method(rpc: Any, fill: Callable[[Any, Any, Caller], None]) -> Method:
    # Works with protobuf 3.19, which the SDK allows, unlike `message_factory.GetMessageClass` and
    # the descriptor's attribute `client_streaming`.
    proto = MethodDescriptorProto()
    rpc.CopyToProto(proto)
    request, response, shape = rpc.input_type, rpc.output_type, Shape.UNARY
    if proto.client_streaming:
        shape = Shape.UPLOAD
    if proto.server_streaming:  # of `DataChunk`s, which together are the response
        shape = Shape.DOWNLOAD
        response = request.file.message_types_by_name[f"{rpc.name}Response"]
    request_class, response_class = (
        kind._concrete_class  # noqa: SLF001 - see above
        for kind in (request, response)
    )
    return Method(request_class, response_class, fill, shape)
