"""The control API as HTTP: paths, bodies, statuses."""

import io
import json
import logging
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from spot_webcam.fakes.robot.control.orders import (
    ACTS,
    LOOKS,
    TAKES,
    BadOrder,
    Fields,
    OrderImpossible,
    act,
    look,
)
from spot_webcam.fakes.robot.transport.timed_reader import TimedReader, TooSlow

SERVER_NAME = "spot-webcam-fake-robot"
PREFIX = "/v1/"
BODY_LIMIT = 65_536
# What a client has for all of its request, and then for taking the answer.
READ_TIMEOUT_S = 2.0
SEND_TIMEOUT_S = 2.0
_OWN_HOSTS = frozenset({"127.0.0.1", "localhost"})

_LOG = logging.getLogger(__name__)


class _Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class ControlHandler(BaseHTTPRequestHandler):
    """Answers one request of a connection, in JSON, errors too."""

    server_version = SERVER_NAME
    sys_version = ""
    # Of a request that has not come.
    requestline = ""
    request_version = "HTTP/1.0"

    def setup(self) -> None:
        """Read with an end."""
        super().setup()
        self.rfile.close()
        self.rfile = io.BufferedReader(TimedReader(self.connection, READ_TIMEOUT_S))

    def handle(self) -> None:
        """Answer a client that is too slow, too."""
        try:
            super().handle()
        except TooSlow:
            reason = f"the request did not come within {READ_TIMEOUT_S:g} s"
            self._reply(HTTPStatus.REQUEST_TIMEOUT, {"error": reason})

    def do_GET(self) -> None:
        """Tell."""
        self._answer(self._tell)

    def do_POST(self) -> None:
        """Do."""
        self._answer(self._do)

    def send_error(
        self,
        code: int,
        message: str | None = None,
        explain: str | None = None,  # noqa: ARG002 - as in the base
    ) -> None:
        """Answer a request that is not HTTP, or has an unknown method."""
        self._reply(HTTPStatus(code), {"error": message or HTTPStatus(code).phrase})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Log as everything else does."""
        _LOG.debug(format, *args)

    def _answer(self, make: Any) -> None:
        try:
            self._check_sender()
            found = make()
        except _Refused as refusal:
            self._reply(refusal.status, {"error": str(refusal)})
        except BadOrder as error:
            self._reply(HTTPStatus.BAD_REQUEST, {"error": str(error)})
        except (OrderImpossible, RuntimeError) as error:
            self._reply(HTTPStatus.CONFLICT, {"error": str(error)})
        except (TooSlow, ConnectionError):  # nothing is wrong here
            raise
        except Exception as error:  # noqa: BLE001 - its client shall hear of it
            _LOG.exception("%s %s failed", self.command, self.path)
            reason = f"the fake robot failed: {type(error).__name__}; its log tells more"
            self._reply(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": reason})
        else:
            self._reply(HTTPStatus.OK, found)

    def _tell(self) -> Any:
        name, query = self._name()
        if not name:
            return {"GET": list(LOOKS), "POST": dict(TAKES)}
        if name in ACTS:
            raise _Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"{name} needs POST")
        self._check_known(name)
        return look(self._robot, name, dict(parse_qsl(query)))

    def _do(self) -> Any:
        fields = self._body()
        name, _ = self._name()
        if name in LOOKS:
            raise _Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"{name} needs GET")
        self._check_known(name)
        return act(self._robot, name, fields)

    @property
    def _robot(self) -> Any:
        return self.server.robot  # type: ignore[attr-defined]  # the server's class is beside

    def _name(self) -> tuple[str, str]:
        try:
            parts = urlsplit(self.path)
        except ValueError:
            raise _Refused(HTTPStatus.NOT_FOUND, "the path is none: GET / lists them") from None
        if parts.path in {"/", PREFIX, PREFIX.rstrip("/")}:
            return "", parts.query
        if not parts.path.startswith(PREFIX):
            raise _Refused(HTTPStatus.NOT_FOUND, f"paths begin with {PREFIX}: GET / lists them")
        return parts.path[len(PREFIX) :], parts.query

    def _check_known(self, name: str) -> None:
        if name not in ACTS and name not in LOOKS:
            raise _Refused(
                HTTPStatus.NOT_FOUND, f"there is no {name[:40]!r} here: GET / lists what there is"
            )

    def _check_sender(self) -> None:
        """Refuse browsers, and requests that a page had sent here by a name of its own."""
        fetched_by = self.headers.get("Sec-Fetch-Site", "none")
        if "Origin" in self.headers or fetched_by != "none":
            raise _Refused(HTTPStatus.FORBIDDEN, "web pages give no orders here")
        hosts = self.headers.get_all("Host", [])
        port = self.server.server_port  # type: ignore[attr-defined]
        if len(hosts) != 1 or hosts[0] not in {f"{name}:{port}" for name in _OWN_HOSTS}:
            raise _Refused(HTTPStatus.FORBIDDEN, f"ask 127.0.0.1:{port}, by this name")

    def _body(self) -> Fields:
        if "Transfer-Encoding" in self.headers:
            raise _Refused(HTTPStatus.LENGTH_REQUIRED, "send the body with its Content-Length")
        text = self.headers.get("Content-Length", "0")
        length = int(text) if text.isdecimal() and len(text) < 10 else BODY_LIMIT + 1
        if length > BODY_LIMIT:
            raise _Refused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body may have {BODY_LIMIT} bytes"
            )
        body = self.rfile.read(length)
        if len(body) < length:
            raise BadOrder("the body ends before its Content-Length")
        try:
            fields = json.loads(body or b"{}")
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict):
            raise BadOrder('the body must be a JSON object, such as {"seconds": 5}')
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
