"""State of a daemon by the page of its `serve --http`."""

from collections.abc import Iterator
from typing import Any

from spot_webcam.tools.robot_clients.page_client import PageClient, PageRefused, PageUnavailable
from spot_webcam.tools.top.status import (
    ServiceStatus,
    SourceRow,
    StatusRefused,
    StatusUnavailable,
)


class PageStatus:
    """A `StatusReader` of a page."""

    def __init__(self, page: PageClient) -> None:
        self._page = page

    def read(self) -> ServiceStatus:
        """Request the state."""
        try:
            state = self._page.state()
        except PageUnavailable as error:
            raise StatusUnavailable(str(error)) from error
        except PageRefused as error:
            raise StatusRefused(str(error)) from error
        try:
            return status_of(state)
        except (KeyError, TypeError, ValueError) as error:
            raise StatusRefused(str(self._page.stranger())) from error

    def close(self) -> None:
        """Close the connections."""
        self._page.close()


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
