"""Talks to the control API of a fake robot that runs."""

import http.client
import json
import os
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from spot_webcam.app.cli.command_line import CouldNotRun, Misused
from spot_webcam.fakes.sdk_programs.redirection import CONTROL_PORT_VARIABLE
from spot_webcam.tools.fake_robot.places import CONTROL_PORT

ADDRESS = "127.0.0.1"
# A robot that goes down waits for its workers, up to ten seconds.
TIMEOUT_S = 20.0
ANSWER_LIMIT = 16 << 20


def control_port(given: int | None) -> int:
    """Choose the port: the given one, that of the robot this program runs on, or the default."""
    if given is not None:
        return given
    told = os.environ.get(CONTROL_PORT_VARIABLE, "")
    return int(told) if told.isdecimal() and int(told) <= 65535 else CONTROL_PORT


class ControlClient:
    """Asks and orders; both block for seconds at most.

    Both raise `CouldNotRun` where no fake robot answers, or it cannot do it, and `Misused` where
    it says that the order makes no sense.
    """

    def __init__(self, port: int) -> None:
        self._port = port

    def look(self, name: str, **fields: Any) -> Any:
        """Return what the robot tells."""
        query = f"?{urlencode(fields)}" if fields else ""
        return self._ask("GET", f"/v1/{name}{query}", None)

    def act(self, name: str, fields: Mapping[str, Any]) -> Any:
        """Let the robot do something; return how it is then."""
        return self._ask("POST", f"/v1/{name}", json.dumps(fields).encode())

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:
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
            # The latter's text is what the other side sent.
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
                raise ValueError("another server")  # noqa: TRY301 - it is told below
            told = json.loads(text)
        except ValueError as error:
            raise CouldNotRun(
                f"what listens at {ADDRESS}:{self._port} is no fake robot: give the --control-port"
                " of one"
            ) from error
        if answer.status == HTTPStatus.OK:
            return told
        reason = told.get("error", answer.reason)
        raise (Misused if answer.status == HTTPStatus.BAD_REQUEST else CouldNotRun)(reason)
