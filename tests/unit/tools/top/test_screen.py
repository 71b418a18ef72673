from __future__ import annotations

import argparse
import io
import threading

import pytest
from rich.console import Console

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.tools.top.command import show
from spot_webcam.tools.top.page_status import status_of
from spot_webcam.tools.top.status import (
    ServiceStatus,
    SourceRow,
    StatusRefused,
    StatusUnavailable,
)

GOOD = SourceRow("front", "good", 640, 480, 29.97, 0.0312, 2)
DARK = SourceRow("da\x1brk", "failed", 320, 240, text="the picture is black all over")
STATUS = ServiceStatus("web-cam-service", ("registered",), ("Image Capture Failure",), (GOOD, DARK))


class Reader:
    """Returns or raises one outcome after the other."""

    def __init__(self, *outcomes: ServiceStatus | Exception) -> None:
        self._outcomes = iter(outcomes)
        self.is_closed = False

    def read(self) -> ServiceStatus:
        outcome = next(self._outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def close(self) -> None:
        self.is_closed = True


def _shown(reader: Reader, count: int, *, is_terminal: bool) -> str:
    output = io.StringIO()
    console = Console(file=output, force_terminal=is_terminal, width=120, highlight=False)
    options = argparse.Namespace(period=0.0, count=count)
    try:
        assert show(reader, options, threading.Event(), console) == 0
    finally:
        assert reader.is_closed
    return output.getvalue()


def test_terminal_gets_a_table() -> None:
    shown = _shown(Reader(STATUS), 1, is_terminal=True)
    for text in ("web-cam-service", "front", "640x480", "30.0 Hz", "0.03 s", "black all over"):
        assert text in shown
    assert "fault  Image Capture Failure" in shown
    # What a device or a robot says controls no terminal.
    assert "da\x1brk" not in shown
    assert "da?rk" in shown


def test_pipe_gets_plain_lines() -> None:
    shown = _shown(Reader(STATUS), 1, is_terminal=False)
    lines = [line.partition(" ")[2] for line in shown.splitlines()]
    assert lines == [
        "service web-cam-service registered",
        "source front good 640x480 30.0 Hz 0.03 s 2",
        "source da?rk failed 320x240 - - - the picture is black all over",
        "fault Image Capture Failure",
    ]


@pytest.mark.parametrize(("is_terminal", "mark"), [(True, "OLD, of"), (False, "(last state")])
def test_old_state_is_marked_as_such(is_terminal: bool, mark: str) -> None:
    shown = _shown(Reader(STATUS, StatusUnavailable("no answer")), 2, is_terminal=is_terminal)
    assert f"no answer{': ' if is_terminal else ' '}{mark}" in shown


def test_service_without_sources_is_shown() -> None:
    empty = ServiceStatus("web-cam-service", ("NOT registered",), (), ())
    assert "no source" in _shown(Reader(empty), 1, is_terminal=True)


@pytest.mark.parametrize(
    "outcomes",
    [(StatusUnavailable("no answer"),), (STATUS, StatusRefused("no answer"))],
    ids=["at first", "for ever"],
)
def test_what_cannot_be_shown_ends_it(outcomes: tuple[ServiceStatus | Exception, ...]) -> None:
    with pytest.raises(CouldNotRun, match="no answer"):
        _shown(Reader(*outcomes), 2, is_terminal=False)


def test_event_ends_it() -> None:
    stopping = threading.Event()

    class Stopping(Reader):
        def read(self) -> ServiceStatus:
            stopping.set()
            return super().read()

    options = argparse.Namespace(period=60.0, count=None)
    console = Console(file=io.StringIO())
    assert show(Stopping(STATUS), options, stopping, console) == 0


@pytest.fixture
def state() -> dict[str, object]:
    return {
        "service_name": "web-cam-service",
        "robot": {
            "registered": False,
            "robot": "",
            "error": "",
            "state": "connect",
            "clock_skew_s": None,
            "token_left_s": None,
        },
        "requests": {"calls": 7},
        "process": {"uptime_s": 1800.0, "resident_bytes": 100_000_000},
        "reported": [{"name": "Image Capture Failure for back", "message": "absent"}],
        "sources": [
            {
                "name": "front",
                "state": "good",
                "description": {"cols": 640, "rows": 480},
                "error": "",
                "last_error": {"age_s": 3.2, "message": "no data"},
                "rate_hz": None,
                "age_s": 0.1,
                "reconnects": 1,
            }
        ],
    }


def test_state_of_the_page_is_shown_in_few_words(state: dict[str, object]) -> None:
    status = status_of(state)
    assert status.facts == ("NOT registered: next is to connect", "7 calls", "up 0.5 h", "100 MB")
    assert status.faults == ("Image Capture Failure for back: absent",)
    [front] = status.sources
    assert front.text == "last error 3 s ago: no data"
    state["robot"] = {
        "registered": True,
        "robot": "spot at 10.0.0.3",
        "error": "",
        "state": "heartbeat",
        "clock_skew_s": -0.25,
        "token_left_s": 7200.0,
    }
    facts = status_of(state).facts
    assert facts[:3] == (
        "registered with spot at 10.0.0.3",
        "robot clock -0.25 s",
        "token for 2.0 h",
    )
