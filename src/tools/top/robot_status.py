"""State of any image service by the robot: its directory, faults, and small pictures."""

from collections.abc import Iterator
from typing import Any

import grpc
from bosdyn.api import image_pb2

from spot_webcam.adapters.bosdyn.robot.clock import BosdynRobotClock
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.domain.errors import CredentialsRejected, RobotError
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.robot_clients.check_client import CheckClient, Reply
from spot_webcam.tools.top.status import (
    ServiceStatus,
    SourceRow,
    StatusRefused,
    StatusUnavailable,
)

TIMEOUT_S = 5.0
# Only the time and the status of a picture are shown: the smallest that a service makes.
SMALL, LOW_QUALITY_PERCENT = 0.1, 10.0
# Other statuses are failures.
_WORDS = {image_pb2.ImageResponse.STATUS_UNKNOWN_CAMERA: "gone"}


class RobotStatus:
    """A `StatusReader` of a robot; connects, and logs in, when it is needed."""

    def __init__(self, link: RobotLink, service_name: str) -> None:
        self._link = link
        self._clock = SystemClock()
        self._robot_clock = BosdynRobotClock(link, self._clock)
        self._service_name = service_name
        self._client: CheckClient | None = None
        self._robot = ""

    def read(self) -> ServiceStatus:
        """Ask the robot, and through it the service."""
        try:
            client = self._client or self._connected()
            entry = client.entry()
            faults = tuple(f"{name}: {text}" for name, text in client.faults().items())
            facts = tuple(self._facts(client, entry))
            if entry is None:
                return ServiceStatus(self._service_name, facts, faults, ())
            return ServiceStatus(self._service_name, facts, faults, self._rows(client))
        except CredentialsRejected as error:
            raise StatusRefused(str(error)) from error
        except RobotError as error:
            self._client = None  # its channels and its token may be those of before a reboot
            raise StatusUnavailable(str(error)) from error
        except StatusUnavailable:
            self._client = None
            raise

    def close(self) -> None:
        """Close the channels."""
        self._link.close()

    def _connected(self) -> CheckClient:
        self._robot = self._link.connect()
        self._link.authenticate()
        self._robot_clock.synchronize()
        self._client = CheckClient(self._link, self._robot_clock, self._clock, self._service_name)
        return self._client

    def _facts(self, client: CheckClient, entry: Any) -> Iterator[str]:
        if entry is None:
            yield f"NOT registered with {self._robot}"
        else:
            updated_ns = entry.last_update.ToNanoseconds()
            silent_s = max(0.0, (client.robot_now_ns() - updated_ns) / NANOSECONDS)
            yield f"registered with {self._robot}, updated {silent_s:.0f} s ago"
        yield f"robot clock {client.skew_ns() / NANOSECONDS:+.2f} s"

    def _rows(self, client: CheckClient) -> tuple[SourceRow, ...]:
        sources = _response(client.begin_list(TIMEOUT_S).wait_until_end()).image_sources
        requests = [
            image_pb2.ImageRequest(
                image_source_name=source.name,
                resize_ratio=SMALL,
                quality_percent=LOW_QUALITY_PERCENT,
            )
            for source in sources
        ]
        if not requests:
            return ()
        reply = client.begin(requests, TIMEOUT_S).wait_until_end()
        response = _response(reply)
        text = response.header.error.message
        return tuple(
            _row(source, answer, reply.arrived_ns, text)
            for source, answer in zip(sources, response.image_responses, strict=False)
        )


def _response(reply: Reply) -> Any:
    if reply.response is None:
        code = grpc.StatusCode[reply.code]
        hint = (
            ": a user's login may be needed"
            if code in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)
            else ""
        )
        raise StatusUnavailable(f"the service: {reply.code} {reply.details}{hint}")
    return reply.response


def _row(source: Any, answer: Any, now_ns: int, text: str) -> SourceRow:
    if answer.status == image_pb2.ImageResponse.STATUS_OK:
        age_s = (now_ns - answer.shot.acquisition_time.ToNanoseconds()) / NANOSECONDS
        return SourceRow(source.name, "good", source.cols, source.rows, age_s=age_s)
    return SourceRow(
        source.name, _WORDS.get(answer.status, "failed"), source.cols, source.rows, text=text
    )
