"""What a request to the robot's web server gets, as far as captures are downloaded."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, urlsplit

from spot_webcam.fakes.robot.acquisition.captures import Captures, StoredCapture, in_range
from spot_webcam.fakes.robot.state.own_services import DATA_BUFFER
from spot_webcam.fakes.robot.state.refusals import CallRefused
from spot_webcam.fakes.robot.state.robot_state import RobotState

DOWNLOAD_PATH: Final = "/v1/data-buffer/daq-data/"
_FOREVER_NS: Final = 2**63 - 1
_BEARER: Final = "Bearer "


class Refused(Exception):
    """A request that gets a status and a line instead of what it asked for."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Downloads:
    """Decides what a GET request gets. Parameters other than the times are ignored."""

    def __init__(self, state: RobotState, captures: Captures) -> None:
        self._state = state
        self._captures = captures

    def find(self, target: str, authorization: str) -> list[StoredCapture]:
        """Return the captures that a request is about, none for a time without any.

        Raises:
            Refused: it gets something else.
        """
        try:
            url = urlsplit(target)
        except ValueError:
            raise Refused(HTTPStatus.BAD_REQUEST, "the path cannot be read") from None
        if url.path.rstrip("/") != DOWNLOAD_PATH.rstrip("/"):
            raise Refused(HTTPStatus.NOT_FOUND, f"the fake robot has {DOWNLOAD_PATH} only")
        try:
            self._state.check_accepted(DATA_BUFFER.name)
        except CallRefused as refusal:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, str(refusal)) from None
        try:
            self._state.check_token(authorization.removeprefix(_BEARER))
        except CallRefused as refusal:
            raise Refused(HTTPStatus.UNAUTHORIZED, refusal.details) from None
        query = parse_qs(url.query)
        from_ns = _nanoseconds(query, "from_nsec", 0)
        to_ns = _nanoseconds(query, "to_nsec", _FOREVER_NS)
        return in_range(self._captures.all(), from_ns, to_ns)


def _nanoseconds(query: dict[str, list[str]], name: str, default: int) -> int:
    values = query.get(name)
    if values is None:
        return default
    try:
        return int(values[-1])
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, f"{name} is not a number") from None
