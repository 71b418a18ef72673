"""HTTP handler of the control API: paths, bodies, statuses."""

import io
import json
import logging
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from spot_webcam.fakes.robot.control.commands import (
    COMMANDS,
    FIELDS,
    QUERIES,
    CommandFailed,
    Fields,
    InvalidCommand,
    execute,
    query,
)
from spot_webcam.fakes.robot.transport.timed_reader import TimedReader, TooSlow

SERVER_NAME = "spot-webcam-fake-robot"
PREFIX = "/v1/"
BODY_LIMIT = 65_536
# The time to send the answer; that to receive a request is the server's `read_timeout_s`.
SEND_TIMEOUT_S = 2.0
_OWN_HOSTS = frozenset({"127.0.0.1", "localhost"})

_LOG = logging.getLogger(__name__)


class _HttpError(Exception):
    """An answer with an error status."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class ControlHandler(BaseHTTPRequestHandler):
    """Answers one request of a connection, in JSON, errors included."""

    server_version = SERVER_NAME
    sys_version = ""
    # Defaults, for a request that never arrives.
    requestline = ""
    request_version = "HTTP/1.0"

    def setup(self) -> None:
        """Bound the time to receive the request."""
        super().setup()
        self.rfile.close()
        self.rfile = io.BufferedReader(TimedReader(self.connection, self._read_timeout_s))

    def handle(self) -> None:
        """Answer the request, or a client that is too slow."""
        try:
            super().handle()
        except TooSlow:
            reason = f"the request did not arrive within {self._read_timeout_s:g} s"
            self._reply(HTTPStatus.REQUEST_TIMEOUT, {"error": reason})

    def do_GET(self) -> None:
        """Answer a query."""
        self._answer(self._query)

    def do_POST(self) -> None:
        """Execute a command."""
        self._answer(self._execute)

    def send_error(
        self,
        code: int,
        message: str | None = None,
        explain: str | None = None,  # noqa: ARG002 - as in the base
    ) -> None:
        """Answer a request that is not HTTP, or has an unknown method."""
        self._reply(HTTPStatus(code), {"error": message or HTTPStatus(code).phrase})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Log through `logging`."""
        _LOG.debug(format, *args)

    def _answer(self, make: Any) -> None:
        try:
            self._check_sender()
            found = make()
        except _HttpError as refusal:
            self._reply(refusal.status, {"error": str(refusal)})
        except InvalidCommand as error:
            self._reply(HTTPStatus.BAD_REQUEST, {"error": str(error)})
        except (CommandFailed, RuntimeError) as error:
            self._reply(HTTPStatus.CONFLICT, {"error": str(error)})
        except (TooSlow, ConnectionError):  # the client's fault
            raise
        except Exception as error:  # noqa: BLE001 - reported to the client
            _LOG.exception("%s %s failed", self.command, self.path)
            reason = f"the fake robot failed with {type(error).__name__}; see its log"
            self._reply(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": reason})
        else:
            self._reply(HTTPStatus.OK, found)

    def _query(self) -> Any:
        name, parameters = self._name()
        if not name:
            return {"GET": list(QUERIES), "POST": dict(FIELDS)}
        if name in COMMANDS:
            raise _HttpError(HTTPStatus.METHOD_NOT_ALLOWED, f"{name} needs POST")
        self._check_known(name)
        return query(self._robot, name, dict(parse_qsl(parameters)))

    def _execute(self) -> Any:
        fields = self._body()
        name, _ = self._name()
        if name in QUERIES:
            raise _HttpError(HTTPStatus.METHOD_NOT_ALLOWED, f"{name} needs GET")
        self._check_known(name)
        with self.server.turn:  # type: ignore[attr-defined]  # see `server`
            return execute(self._robot, name, fields)

    @property
    def _robot(self) -> Any:
        return self.server.robot  # type: ignore[attr-defined]  # see `server`

    @property
    def _read_timeout_s(self) -> float:
        seconds: float = self.server.read_timeout_s  # type: ignore[attr-defined]
        return seconds

    def _name(self) -> tuple[str, str]:
        try:
            parts = urlsplit(self.path)
        except ValueError:
            raise _HttpError(HTTPStatus.NOT_FOUND, "malformed path: GET / lists all") from None
        if parts.path in {"/", PREFIX, PREFIX.rstrip("/")}:
            return "", parts.query
        if not parts.path.startswith(PREFIX):
            raise _HttpError(HTTPStatus.NOT_FOUND, f"paths begin with {PREFIX}: GET / lists all")
        return parts.path[len(PREFIX) :], parts.query

    def _check_known(self, name: str) -> None:
        if name not in COMMANDS and name not in QUERIES:
            raise _HttpError(HTTPStatus.NOT_FOUND, f"unknown path {name[:40]!r}: GET / lists all")

    def _check_sender(self) -> None:
        """Refuse browsers, and host names that a web page may have resolved to this address."""
        fetched_by = self.headers.get("Sec-Fetch-Site", "none")
        if "Origin" in self.headers or fetched_by != "none":
            raise _HttpError(HTTPStatus.FORBIDDEN, "requests of web pages are refused")
        hosts = self.headers.get_all("Host", [])
        port = self.server.server_port  # type: ignore[attr-defined]
        if len(hosts) != 1 or hosts[0] not in {f"{name}:{port}" for name in _OWN_HOSTS}:
            raise _HttpError(HTTPStatus.FORBIDDEN, f"the Host header must be 127.0.0.1:{port}")

    def _body(self) -> Fields:
        if "Transfer-Encoding" in self.headers:
            raise _HttpError(HTTPStatus.LENGTH_REQUIRED, "send the body with its Content-Length")
        text = self.headers.get("Content-Length", "0")
        length = int(text) if text.isdecimal() and len(text) < 10 else BODY_LIMIT + 1
        if length > BODY_LIMIT:
            raise _HttpError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is limited to {BODY_LIMIT} bytes"
            )
        body = self.rfile.read(length)
        if len(body) < length:
            raise InvalidCommand("the body ends before its Content-Length")
        try:
            fields = json.loads(body or b"{}")
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict):
            raise InvalidCommand('the body must be a JSON object, such as {"seconds": 5}')
        return fields

    def _reply(self, status: HTTPStatus, found: Any) -> None:
        body = json.dumps(found).encode() + b"\n"
        self.connection.settimeout(SEND_TIMEOUT_S)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)
