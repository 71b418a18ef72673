"""Client of the control API of a running fake robot."""

import http.client
import json
import os
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from spot_webcam.app.cli.command_line import CouldNotRun, Misused
from spot_webcam.fakes.sdk_programs.redirection import CONTROL_PORT_VARIABLE
from spot_webcam.tools.fake_robot.arguments import CONTROL_PORT

ADDRESS = "127.0.0.1"
# A robot that shuts down waits for its workers, up to ten seconds.
TIMEOUT_S = 20.0
ANSWER_LIMIT = 16 << 20


def control_port(given: int | None) -> int:
    """Return the given port, the one of the robot that this program runs on, or the default."""
    if given is not None:
        return given
    own = os.environ.get(CONTROL_PORT_VARIABLE, "")
    return int(own) if own.isdecimal() and int(own) <= 65535 else CONTROL_PORT


class ControlClient:
    """Sends queries and orders; both block for seconds at most.

    Both raise `CouldNotRun` if no fake robot answers or it cannot execute the order, and `Misused`
    if it rejects the order as invalid.
    """

    def __init__(self, port: int) -> None:
        self._port = port

    def query(self, name: str, **fields: Any) -> Any:
        """Return a part of the robot's state."""
        query = f"?{urlencode(fields)}" if fields else ""
        return self._request("GET", f"/v1/{name}{query}", None)

    def order(self, name: str, fields: Mapping[str, Any]) -> Any:
        """Execute an order, and return the robot's state after it."""
        return self._request("POST", f"/v1/{name}", json.dumps(fields).encode())

    def _request(self, method: str, path: str, body: bytes | None) -> Any:
        connection = http.client.HTTPConnection(ADDRESS, self._port, timeout=TIMEOUT_S)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            text = answer.read(ANSWER_LIMIT)
        except ConnectionRefusedError as error:
            raise CouldNotRun(
                f"no fake robot takes orders at {ADDRESS}:{self._port}: start one with"
                " `spot-webcam fake-robot`, or give its --control-port"
            ) from error
        except (OSError, http.client.HTTPException) as error:
            # Not the text of an HTTPException: the other side chose it.
            raise CouldNotRun(
                f"what listens at {ADDRESS}:{self._port} does not answer as a fake robot does"
                f" ({type(error).__name__}): give the --control-port of one"
            ) from error
        finally:
            connection.close()
        return self._read(answer, text)

    def _read(self, answer: http.client.HTTPResponse, text: bytes) -> Any:
        try:
            if not answer.headers.get("Server", "").startswith("spot-webcam-fake-robot"):
                raise ValueError("another server")  # noqa: TRY301 - handled below
            content = json.loads(text)
        except ValueError as error:
            raise CouldNotRun(
                f"what listens at {ADDRESS}:{self._port} is not a fake robot: give the"
                " --control-port of one"
            ) from error
        if answer.status == HTTPStatus.OK:
            return content
        reason = content.get("error", answer.reason)
        raise (Misused if answer.status == HTTPStatus.BAD_REQUEST else CouldNotRun)(reason)
