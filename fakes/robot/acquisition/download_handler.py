"""The robot's web server, as far as captures are downloaded from it."""

from __future__ import annotations

import io
import logging
import tempfile
import time
from contextlib import ExitStack
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import IO, Any, Final

from spot_webcam.fakes.robot.acquisition.archive import write_archive
from spot_webcam.fakes.robot.acquisition.rest import Downloads, Refused
from spot_webcam.fakes.robot.transport.timed_reader import TimedReader, TooSlow

# What a client has for all of its request, and then for taking all of the answer.
REQUEST_TIMEOUT_S: Final = 5.0
ANSWER_TIMEOUT_S: Final = 60.0
# As much as TLS sends at once, so that each piece has its timeout.
_PIECE_BYTES: Final = 2**14

_LOG = logging.getLogger(__name__)


class DownloadHandler(BaseHTTPRequestHandler):
    """Answers one GET request, and closes the connection; cuts off who is too slow."""

    def __init__(self, downloads: Downloads, *connection: Any) -> None:
        """Serve the connection, as the base class takes it, before this returns."""
        self._downloads = downloads
        super().__init__(*connection)

    def setup(self) -> None:
        """Read with an end."""
        super().setup()
        self.rfile.close()
        self.rfile = io.BufferedReader(TimedReader(self.connection, REQUEST_TIMEOUT_S))

    def handle(self) -> None:
        """Answer, where the request comes in time."""
        try:
            super().handle()
        except TooSlow:
            _LOG.debug("a download's request did not come within %g s", REQUEST_TIMEOUT_S)

    def do_GET(self) -> None:
        """Send a zip file, nothing, or a refusal."""
        self.connection.settimeout(ANSWER_TIMEOUT_S)
        with ExitStack() as stack:
            try:
                found = self._downloads.find(self.path, self.headers.get("Authorization", ""))
                file = stack.enter_context(tempfile.TemporaryFile())
                write_archive(file, found)
            except Refused as refused:
                self.send_error(refused.status, explain=refused.message)
            except Exception as error:  # noqa: BLE001 - its client shall hear of it
                _LOG.exception("the download %s failed", self.path)
                reason = f"the fake robot failed: {type(error).__name__}; its log tells more"
                self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR, explain=reason)
            else:
                self._send(file, is_empty=not found)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as in the base
        """Say nothing."""

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
        end_s = time.monotonic() + ANSWER_TIMEOUT_S
        while piece := file.read(_PIECE_BYTES):
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                raise TimeoutError(f"the download took longer than {ANSWER_TIMEOUT_S:g} s")
            self.connection.settimeout(left_s)
            self.wfile.write(piece)
