"""Calls that the robot itself makes, to services of its directory."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from spot_webcam.fakes.robot.services.method import Service
from spot_webcam.fakes.robot.state.clock import to_timestamp
from spot_webcam.fakes.robot.state.refusals import CallRefused
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.state.tokens import Caller
from spot_webcam.fakes.robot.transport.forwarder import Forwarder

_ROBOT = Caller("data-acquisition")


@dataclass(frozen=True, slots=True)
class Ask:
    """A call under way. `answer` blocks for at most its timeout and raises `CallRefused`."""

    answer: Callable[[], Any]
    cancel: Callable[[], object] = lambda: None


class Asking:
    """Starts calls of registered services, and of the robot's own that `within` has.

    Refusals of `FakeRobot.refuse` hold for them as for everyone's; they are not among the calls
    that the robot has a record of.
    """

    def __init__(self, state: RobotState, forwarder: Forwarder, within: Iterable[Service]) -> None:
        self._state = state
        self._forwarder = forwarder
        self._within = {service.entry.name: service for service in within}

    def names(self, service_type: str) -> list[str]:
        """Return the services of a type, the robot's own first."""
        own = [name for name, one in self._within.items() if one.entry.type == service_type]
        return own + [one.name for one in self._state.services() if one.type == service_type]

    def start(
        self,
        service_name: str,
        path: str,
        request: Any,
        response_type: Any,
        timeout_s: float,
    ) -> Ask:
        """Begin a call of `/type/method`; the request's header is filled in."""
        request.header.client_name = _ROBOT.name
        request.header.request_timestamp.CopyFrom(to_timestamp(self._state.now_ns()))
        try:
            return self._begin(service_name, path, request, response_type, timeout_s)
        except CallRefused as refusal:
            return Ask(_raising(refusal))

    def _begin(
        self, service_name: str, path: str, request: Any, response_type: Any, timeout_s: float
    ) -> Ask:
        payload = request.SerializeToString()
        self._state.refusals.check(service_name)
        own = self._within.get(service_name)
        if own is not None:
            method = own.methods()[path.rpartition("/")[2]]
            reply = method.answer(payload, _ROBOT, self._state.now_ns)
            return Ask(lambda: response_type.FromString(reply))
        services = {one.name: one for one in self._state.services()}
        if service_name not in services:
            raise CallRefused(
                grpc.StatusCode.UNAVAILABLE, f"502 no service {service_name} is registered"
            )
        call = self._forwarder.start(services[service_name], path, payload, timeout_s)
        return Ask(lambda: _result(call, service_name, response_type), call.cancel)


def _raising(refusal: CallRefused) -> Callable[[], Any]:
    def answer() -> Any:
        raise refusal

    return answer


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
            grpc.StatusCode.INTERNAL, f"{service_name} sent what cannot be decoded"
        ) from None
