"""One RPC of the robot's own: from bytes to an answer whose header is filled."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Protocol

import grpc
from bosdyn.api.header_pb2 import CommonError
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


@dataclass(frozen=True, slots=True)
class Method:
    """Message classes of an RPC, and what fills its response.

    `fill(request, response, caller)` may raise `InvalidRequest` and `CallRefused`; an upload's
    gets an iterator of requests, of which there is at least one.
    """

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


class Service(Protocol):
    """One of the robot's own services."""

    entry: OwnService

    def methods(self) -> Mapping[str, Method]:
        """Return the RPCs by name."""
        ...
