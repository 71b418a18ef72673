"""Dispatch of calls by authority and method."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import grpc
from bosdyn.api.data_chunk_pb2 import DataChunk

from spot_webcam.fakes.robot.services.method import Service, Shape, methods_of
from spot_webcam.fakes.robot.state.calls import CallRecord
from spot_webcam.fakes.robot.state.directory import RegisteredService
from spot_webcam.fakes.robot.state.own_services import OwnService
from spot_webcam.fakes.robot.state.refusals import CallRefused
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller
from spot_webcam.fakes.robot.transport.forwarder import Forwarder
from spot_webcam.fakes.robot.transport.link_delay import LinkDelay
from spot_webcam.fakes.robot.transport.unresponsive_mode import UnresponsiveMode

_BEARER = "Bearer "
_NOBODY = Caller("")
_CHUNK_BYTES = 2**20


class Router(grpc.GenericRpcHandler):
    """Serves the robot's own services, and forwards the calls of registered ones.

    Not enforced: what a payload's token may call of the robot's own services. Streams to and from
    registered services are refused.
    """

    def __init__(
        self,
        state: RobotState,
        services: Iterable[Service],
        forwarder: Forwarder,
        unresponsive: UnresponsiveMode,
        delay: LinkDelay,
    ) -> None:
        self._state = state
        self._forwarder = forwarder
        self._unresponsive = unresponsive
        self._delay = delay
        self._services = {service.entry.route: service.entry for service in services}
        self._methods = {
            (service.entry.route, name): method
            for service in services
            for name, method in methods_of(service).items()
        }
        # gRPC asks for a call's shape before the authority is known.
        self._shapes = {
            f"/{service_type}/{name}": method.shape
            for ((_, service_type), name), method in self._methods.items()
        }

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """Accept any call, as bytes."""
        method = handler_call_details.method
        token = _token_in(handler_call_details.invocation_metadata)
        shape = self._shapes.get(method, Shape.UNARY)
        if shape is Shape.UPLOAD:
            return grpc.stream_unary_rpc_method_handler(partial(self._serve, method, token))
        if shape is Shape.DOWNLOAD:
            return grpc.unary_stream_rpc_method_handler(partial(self._send, method, token))
        return grpc.unary_unary_rpc_method_handler(partial(self._serve, method, token))

    def _send(
        self, method: str, token: str, request: bytes, context: grpc.ServicerContext
    ) -> Iterator[bytes]:
        reply = self._serve(method, token, request, context)
        for start in range(0, len(reply), _CHUNK_BYTES):
            data = reply[start : start + _CHUNK_BYTES]
            yield DataChunk(total_size=len(reply), data=data).SerializeToString()

    def _serve(
        self,
        method: str,
        token: str,
        request: bytes | Iterator[bytes],
        context: grpc.ServicerContext,
    ) -> bytes:
        authority = authority_of(context)
        self._delay.before_call()
        try:
            self._unresponsive.hold(context)
            reply = self._answer(authority, method, token, request, context)
        except CallRefused as refusal:
            self._state.calls.record(CallRecord(authority, method, refusal.code.name))
            context.abort(refusal.code, refusal.details)
        self._state.calls.record(CallRecord(authority, method, grpc.StatusCode.OK.name))
        self._delay.before_answer()
        return reply

    def _answer(
        self,
        authority: str,
        method: str,
        token: str,
        request: bytes | Iterator[bytes],
        context: grpc.ServicerContext,
    ) -> bytes:
        service_type, _, name = method.lstrip("/").rpartition("/")
        own = self._services.get((authority, service_type))
        if own is not None:
            return self._answer_own(own, name, token, request)
        registered = self._state.find_service(authority, service_type)
        if registered is None:
            raise CallRefused(
                grpc.StatusCode.UNAVAILABLE, f"502 no {service_type} is at {authority}"
            )
        self._check_forwarding(registered, token)
        if not isinstance(request, bytes):
            raise CallRefused(
                grpc.StatusCode.UNIMPLEMENTED,
                f"the fake robot forwards no streams, as {method} of {registered.name}",
            )
        return self._forwarder.forward(registered, method, request, context)

    def _answer_own(
        self, own: OwnService, name: str, token: str, request: bytes | Iterator[bytes]
    ) -> bytes:
        self._state.refusals.check(own.name)
        caller = _NOBODY if own.open else self._state.tokens.check(token)
        method = self._methods.get((own.route, name))
        if method is None:
            raise CallRefused(
                grpc.StatusCode.UNIMPLEMENTED, f"the fake robot has no {own.type}/{name}"
            )
        return method.answer(request, caller, self._state.now_ns)

    def _check_forwarding(self, service: RegisteredService, token: str) -> None:
        self._state.refusals.check(service.name)
        if service.user_token_required and self._state.tokens.check(token).payload_guid:
            raise CallRefused(
                grpc.StatusCode.PERMISSION_DENIED,
                f"a payload's token does not cover {service.name}",
            )


def authority_of(context: Any) -> str:
    """Return the `:authority` of a call, which the robot routes by.

    `ServicerContext` has no public attribute for it; grpcio's server context has this private one.
    """
    host = context._rpc_event.call_details.host  # noqa: SLF001 - no public attribute has it
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)


def _token_in(metadata: Any) -> str:
    for key, value in metadata:
        if key == "authorization" and value.startswith(_BEARER):
            return str(value[len(_BEARER) :])
    return ""
