"""HTTP downloads of stored captures, from the robot's web server."""

import io
import logging
import tempfile
import time
from contextlib import ExitStack
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import IO, Any
from urllib.parse import parse_qs, urlsplit

from spot_webcam.fakes.robot.acquisition.archive import write_archive
from spot_webcam.fakes.robot.acquisition.captures import Captures, StoredCapture, in_range
from spot_webcam.fakes.robot.state.own_services import DATA_BUFFER
from spot_webcam.fakes.robot.state.refusals import CallRefused
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.transport.timed_reader import TimedReader, TooSlow

DOWNLOAD_PATH = "/v1/data-buffer/daq-data/"
# The size of a TLS record, so that the timeout applies to each record.
_PIECE_BYTES = 2**14
_MAX_NS = 2**63 - 1

_LOG = logging.getLogger(__name__)


class _HttpError(Exception):
    """An answer with an error status and a line of text."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class DownloadHandler(BaseHTTPRequestHandler):
    """Answers one GET request, and closes the connection; slow clients are cut off.

    Query parameters other than the two times are ignored.
    """

    def __init__(
        self,
        state: RobotState,
        captures: Captures,
        *connection: Any,
        request_timeout_s: float = 5.0,
        answer_timeout_s: float = 60.0,
    ) -> None:
        """Serve the connection, given as the base class takes it, before this returns.

        The timeouts bound the time to receive a whole request, and to send the whole answer.
        """
        self._state = state
        self._captures = captures
        self._request_timeout_s = request_timeout_s
        self._answer_timeout_s = answer_timeout_s
        super().__init__(*connection)

    def setup(self) -> None:
        """Bound the time to receive the request."""
        super().setup()
        self.rfile.close()
        self.rfile = io.BufferedReader(TimedReader(self.connection, self._request_timeout_s))

    def handle(self) -> None:
        """Answer a request that arrives in time."""
        try:
            super().handle()
        except TooSlow:
            _LOG.debug("a download request did not arrive within %g s", self._request_timeout_s)

    def do_GET(self) -> None:
        """Send a zip file, no content, or an error."""
        self.connection.settimeout(self._answer_timeout_s)
        with ExitStack() as stack:
            try:
                found = self._find()
                file = stack.enter_context(tempfile.TemporaryFile())
                write_archive(file, found)
            except _HttpError as error:
                self.send_error(error.status, explain=str(error))
            except Exception as error:  # noqa: BLE001 - reported to the client
                _LOG.exception("the download %s failed", self.path)
                reason = f"the fake robot failed with {type(error).__name__}; see its log"
                self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR, explain=reason)
            else:
                self._send(file, is_empty=not found)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as in the base
        """Log no requests."""

    def _find(self) -> list[StoredCapture]:
        """Return the captures of the requested times; a time range may have none."""
        try:
            url = urlsplit(self.path)
        except ValueError:
            raise _HttpError(HTTPStatus.BAD_REQUEST, "malformed path") from None
        if url.path.rstrip("/") != DOWNLOAD_PATH.rstrip("/"):
            raise _HttpError(HTTPStatus.NOT_FOUND, f"the fake robot serves only {DOWNLOAD_PATH}")
        try:
            self._state.refusals.check(DATA_BUFFER.name)
        except CallRefused as refusal:
            raise _HttpError(HTTPStatus.SERVICE_UNAVAILABLE, str(refusal)) from None
        try:
            self._state.tokens.check(self.headers.get("Authorization", "").removeprefix("Bearer "))
        except CallRefused as refusal:
            raise _HttpError(HTTPStatus.UNAUTHORIZED, refusal.details) from None
        query = parse_qs(url.query)
        from_ns = _nanoseconds(query, "from_nsec", 0)
        to_ns = _nanoseconds(query, "to_nsec", _MAX_NS)
        return in_range(self._captures.all(), from_ns, to_ns)

    def _send(self, file: IO[bytes], *, is_empty: bool) -> None:
        if is_empty:
            self.send_response(HTTPStatus.NO_CONTENT)
            self.end_headers()
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/zip")
        self.send_header("Content-Disposition", 'attachment; filename="daq-data.zip"')
        self.send_header("Content-Length", str(file.tell()))
        self.end_headers()
        file.seek(0)
        end_s = time.monotonic() + self._answer_timeout_s
        while piece := file.read(_PIECE_BYTES):
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                raise TimeoutError(f"the download took longer than {self._answer_timeout_s:g} s")
            self.connection.settimeout(left_s)
            self.wfile.write(piece)


def _nanoseconds(query: dict[str, list[str]], name: str, default: int) -> int:
    try:
        return int(query[name][-1]) if name in query else default
    except ValueError:
        raise _HttpError(HTTPStatus.BAD_REQUEST, f"{name} is not a number") from None
