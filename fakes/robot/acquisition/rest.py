"""The robot's web server, as far as captures are downloaded from it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from spot_webcam.fakes.robot.acquisition.archive import write_archive
from spot_webcam.fakes.robot.acquisition.captures import Captures, StoredCapture, in_range
from spot_webcam.fakes.robot.own_services import DATA_BUFFER
from spot_webcam.fakes.robot.refusals import CallRefused
from spot_webcam.fakes.robot.state import RobotState

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
        url = urlsplit(target)
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


def handler_of(downloads: Downloads) -> Callable[..., BaseHTTPRequestHandler]:
    """Return a request handler class for these downloads."""

    class Handler(BaseHTTPRequestHandler):
        """Answers one GET request, and closes the connection."""

        timeout = 10.0

        def do_GET(self) -> None:
            """Send a zip file, nothing, or a refusal."""
            try:
                found = downloads.find(self.path, self.headers.get("Authorization", ""))
            except Refused as refused:
                self.send_error(refused.status, explain=refused.message)
                return
            if not found:
                self.send_response(HTTPStatus.NO_CONTENT)
                self.end_headers()
                return
            with tempfile.TemporaryFile() as file:
                write_archive(file, found)
                self.send_response(HTTPStatus.OK)
                self.send_header("Content-Type", "application/zip")
                self.send_header("Content-Disposition", 'attachment; filename="daq-data.zip"')
                self.send_header("Content-Length", str(file.tell()))
                self.end_headers()
                file.seek(0)
                shutil.copyfileobj(file, self.wfile, 2**20)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as in the base
            """Say nothing."""

    return Handler
