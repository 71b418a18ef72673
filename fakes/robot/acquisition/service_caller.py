"""Calls that the robot itself makes, to services of its directory."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from spot_webcam.fakes.robot.services.method import Service, methods_of
from spot_webcam.fakes.robot.state.clock import to_timestamp
from spot_webcam.fakes.robot.state.refusals import CallRefused
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller
from spot_webcam.fakes.robot.transport.forwarder import Forwarder

_ROBOT = Caller("data-acquisition")


@dataclass(frozen=True, slots=True)
class PendingCall:
    """A call under way. `result` blocks for at most its timeout and raises `CallRefused`."""

    result: Callable[[], Any]
    cancel: Callable[[], object] = lambda: None


class ServiceCaller:
    """Starts calls of registered services, and of some of the robot's own.

    Refusals of `FakeRobot.refuse` apply to these calls too. They are not in the robot's call log.
    """

    def __init__(self, state: RobotState, forwarder: Forwarder, own: Iterable[Service]) -> None:
        """Call the services of the directory, and these of the robot's own."""
        self._state = state
        self._forwarder = forwarder
        self._own = {service.entry.name: service for service in own}

    def names(self, service_type: str) -> list[str]:
        """Return the names of the services of a type, the robot's own first."""
        own = [name for name, service in self._own.items() if service.entry.type == service_type]
        registered = self._state.services()
        return own + [service.name for service in registered if service.type == service_type]

    def start(
        self, service_name: str, path: str, request: Any, response_type: Any, timeout_s: float
    ) -> PendingCall:
        """Start a call of `/type/method`, with the robot's own request header."""
        request.header.client_name = _ROBOT.name
        request.header.request_timestamp.CopyFrom(to_timestamp(self._state.now_ns()))
        try:
            return self._start(service_name, path, request, response_type, timeout_s)
        except CallRefused as refusal:
            return PendingCall(_raising(refusal))

    def _start(
        self, service_name: str, path: str, request: Any, response_type: Any, timeout_s: float
    ) -> PendingCall:
        payload = request.SerializeToString()
        self._state.refusals.check(service_name)
        own = self._own.get(service_name)
        if own is not None:
            method = methods_of(own)[path.rpartition("/")[2]]
            reply = method.answer(payload, _ROBOT, self._state.now_ns)
            return PendingCall(lambda: response_type.FromString(reply))
        services = {service.name: service for service in self._state.services()}
        if service_name not in services:
            raise CallRefused(
                grpc.StatusCode.UNAVAILABLE, f"502 no service {service_name} is registered"
            )
        call = self._forwarder.start(services[service_name], path, payload, timeout_s)
        return PendingCall(lambda: _result(call, service_name, response_type), call.cancel)


def _raising(refusal: CallRefused) -> Callable[[], Any]:
    def result() -> Any:
        raise refusal

    return result


def _result(call: Any, service_name: str, response_type: Any) -> Any:
    try:
        return response_type.FromString(call.result())
    except grpc.FutureCancelledError:
        raise CallRefused(grpc.StatusCode.CANCELLED, "the robot cancelled the call") from None
    except grpc.RpcError as error:
        details = f"{service_name}: {error.code().name} {error.details() or ''}".rstrip()
        raise CallRefused(error.code(), details) from None
    except DecodeError:
        raise CallRefused(
            grpc.StatusCode.INTERNAL, f"the response of {service_name} cannot be decoded"
        ) from None
