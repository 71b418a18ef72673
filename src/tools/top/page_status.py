"""State of a daemon by `/api/v1/status` of its `serve --http`."""

import json
from collections.abc import Iterator
from typing import Any

import urllib3
from urllib3.util import make_headers

from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.tools.top.status import (
    ServiceStatus,
    SourceRow,
    StatusRefused,
    StatusUnavailable,
)

PATH = "/api/v1/status"
TIMEOUT_S = 5.0
# Far more than the state of hundreds of sources.
MAX_BYTES = 16 * 1024 * 1024
_USER = "spot-webcam"


class PageStatus:
    """A `StatusReader` of a URL."""

    def __init__(self, url: str, password: str | None, ca_file: str | None) -> None:
        self._url = url.rstrip("/") + PATH
        self._shown = str(DeviceAddress(self._url))
        self._headers = {} if password is None else make_headers(basic_auth=f"{_USER}:{password}")
        self._pool = urllib3.PoolManager(ca_certs=ca_file, retries=False, timeout=TIMEOUT_S)

    def read(self) -> ServiceStatus:
        """Request the state."""
        try:
            answer = self._pool.request(
                "GET", self._url, headers=self._headers, preload_content=False
            )
            try:
                data = answer.read(MAX_BYTES)
            finally:
                answer.release_conn()
        except urllib3.exceptions.SSLError as error:
            raise StatusRefused(
                f"no trust in the certificate of {self._shown}: give it with --http-ca"
            ) from error
        except urllib3.exceptions.LocationValueError as error:
            raise StatusRefused(f"invalid address {self._shown}") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise StatusUnavailable(
                f"no answer from {self._shown}: does serve run there, with --http?"
            ) from error
        if answer.status in (401, 403):
            raise StatusRefused("the password is missing or wrong: give --http-password-file")
        if answer.status != 200:
            text = " ".join(data[:200].decode("utf-8", "replace").split())
            raise StatusUnavailable(f"{self._shown} answers {answer.status}: {text}")
        try:
            return status_of(json.loads(data))
        except (KeyError, TypeError, ValueError) as error:
            raise StatusRefused(f"what answers at {self._shown} is no spot-webcam") from error

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()


def status_of(state: Any) -> ServiceStatus:
    """Return the state of its JSON; raises `KeyError` or `TypeError` if that is another's."""
    return ServiceStatus(
        state["service_name"],
        tuple(_facts(state)),
        tuple(f"{fault['name']}: {fault['message']}" for fault in state["reported"]),
        tuple(map(_row, state["sources"])),
    )


def _facts(state: Any) -> Iterator[str]:
    robot = state["robot"]
    where = f" with {robot['robot']}" if robot["robot"] else ""
    if robot["registered"]:
        yield f"registered{where}"
    else:
        yield f"NOT registered{where}: {robot['error'] or 'next is to ' + robot['state']}"
    if robot["clock_skew_s"] is not None:
        yield f"robot clock {robot['clock_skew_s']:+.2f} s"
    if robot["token_left_s"] is not None:
        yield f"token for {robot['token_left_s'] / 3600:.1f} h"
    yield f"{state['requests']['calls']} calls"
    process = state["process"]
    yield f"up {process['uptime_s'] / 3600:.1f} h"
    if process["resident_bytes"]:
        yield f"{process['resident_bytes'] / 1e6:.0f} MB"


def _row(source: Any) -> SourceRow:
    description, last = source["description"], source["last_error"]
    text = source["error"]
    if not text and last is not None:
        text = f"last error {last['age_s']:.0f} s ago: {last['message']}"
    return SourceRow(
        source["name"],
        source["state"],
        description["cols"],
        description["rows"],
        source["rate_hz"],
        source["age_s"],
        source["reconnects"],
        text,
    )
