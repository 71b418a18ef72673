"""Image client that returns every detail of a call, failed ones included."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
from bosdyn.api import image_pb2
from bosdyn.client.directory import DirectoryClient, NonexistentServiceError
from bosdyn.client.robot_state import RobotStateClient
from google.protobuf.timestamp_pb2 import Timestamp

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.adapters.bosdyn.robot.clock import BosdynRobotClock
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.robot_clients.acquisition_client import AcquisitionClient

CLIENT_NAME = "spot-webcam-check"
# Period at which a waiting call checks for an interrupt.
POLL_S = 0.1
# gRPC ends a call at its deadline; a busy machine reports that a little later.
GRACE_S = 2.0


class Interrupted(Exception):
    """The event that ends the command was set during a call."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Outcome of one call.

    `response` is the message, or `None` after a gRPC error, whose `code` and `details` are set.
    `sent_ns` and `arrived_ns` are robot time.
    """

    request: Any
    response: Any
    sent_ns: int
    arrived_ns: int
    code: str = ""
    details: str = ""

    @property
    def took_s(self) -> float:
        """Seconds from the call to its end."""
        return (self.arrived_ns - self.sent_ns) / NANOSECONDS


class PendingCall:
    """A call under way."""

    def __init__(
        self, send: Callable[[], Any], request: Any, timeout_s: float, now_ns: Callable[[], int]
    ) -> None:
        """Send it by `send`, which returns gRPC's future."""
        self._request = request
        self._now_ns = now_ns
        self._arrived_ns: int | None = None
        self._done = threading.Event()
        self._give_up_s = time.monotonic() + timeout_s + GRACE_S
        self._sent_ns = now_ns()
        self._call = send()
        self._call.add_done_callback(self._arrived)

    def wait(self, stopping: threading.Event) -> Reply:
        """Return its outcome, at the latest when its timeout has passed.

        Raises:
            Interrupted: the event was set; the call is cancelled.
        """
        while not self._done.wait(POLL_S):
            if stopping.is_set():
                self.cancel()
                raise Interrupted
            if time.monotonic() >= self._give_up_s:
                self.cancel()
                return self._reply(None, "DEADLINE_EXCEEDED", "the call did not end")
        try:
            return self._reply(self._call.result(), "", "")
        except grpc.FutureCancelledError:
            return self._reply(None, "CANCELLED", "")
        except grpc.RpcError as error:
            return self._reply(None, error.code().name, error.details() or "")

    def wait_until_end(self) -> Reply:
        """Return its outcome as `wait` does; its timeout is the only bound."""
        return self.wait(threading.Event())

    def cancel(self) -> None:
        """Cancel the call."""
        self._call.cancel()

    def _arrived(self, _call: object) -> None:
        self._arrived_ns = self._now_ns()
        self._done.set()

    def _reply(self, response: Any, code: str, details: str) -> Reply:
        arrived_ns = self._now_ns() if self._arrived_ns is None else self._arrived_ns
        return Reply(self._request, response, self._sent_ns, arrived_ns, code, details)


class CheckClient:
    """Calls an image service through the robot, by its raw stub.

    The SDK's own `ImageClient` raises for the first answer that is not OK, and drops the others.
    The link must be connected and logged in, the clock synchronized.
    """

    def __init__(
        self, link: RobotLink, robot_clock: BosdynRobotClock, clock: Clock, service_name: str
    ) -> None:
        self._link = link
        self._robot_clock = robot_clock
        self._clock = clock
        self._stub: Any = None
        self.name = service_name

    def entry(self) -> Any:
        """Return the directory's entry of the service, or `None`; raises `RobotError`."""
        with robot_errors():
            directory = self._link.client(DirectoryClient.default_service_name)
            try:
                return directory.get_entry(self.name, timeout=self._link.rpc_timeout_s)
            except NonexistentServiceError:
                return None

    def faults(self) -> dict[str, str]:
        """Return name and message of the service's standing faults; raises `RobotError`."""
        with robot_errors():
            client = self._link.client(RobotStateClient.default_service_name)
            state = client.get_robot_state(timeout=self._link.rpc_timeout_s)
        return {
            fault.fault_id.fault_name: fault.error_message
            for fault in state.service_fault_state.faults
            if fault.fault_id.service_name == self.name
        }

    def robot_now_ns(self) -> int:
        """Return robot time."""
        return self._robot_clock.robot_time_ns(self._clock.monotonic_ns())

    def skew_ns(self) -> int:
        """Return robot time minus this computer's."""
        return self.robot_now_ns() - self._clock.time_ns()

    def begin_list(self, timeout_s: float) -> PendingCall:
        """Request the list of sources; raises `RobotError`."""
        request = image_pb2.ListImageSourcesRequest()
        return self._begin("ListImageSources", request, timeout_s)

    def begin(self, requests: Sequence[image_pb2.ImageRequest], timeout_s: float) -> PendingCall:
        """Request pictures in one call; raises `RobotError`."""
        return self._begin(
            "GetImage", image_pb2.GetImageRequest(image_requests=requests), timeout_s
        )

    def acquisition(self) -> AcquisitionClient:
        """Return the robot's data acquisition."""
        return AcquisitionClient(self._link, self.name)

    def _begin(self, method: str, request: Any, timeout_s: float) -> PendingCall:
        if self._stub is None:
            self._stub = self._link.client(self.name)._stub  # noqa: SLF001 - see the class
        request.header.client_name = CLIENT_NAME
        request.header.request_timestamp.CopyFrom(_timestamp(self._clock.time_ns()))
        send = partial(getattr(self._stub, method).future, request, timeout=timeout_s)
        return PendingCall(send, request, timeout_s, self.robot_now_ns)


def _timestamp(time_ns: int) -> Timestamp:
    seconds, nanos = divmod(time_ns, NANOSECONDS)
    return Timestamp(seconds=seconds, nanos=nanos)
