from __future__ import annotations

import json
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.app.runtime.log_formats import (
    JournalOutput,
    JsonFormatter,
    TextFormatter,
    fields_of,
)
from spot_webcam.app.runtime.log_handler import LogHandler, ScrubbedFormatter
from spot_webcam.domain.sources.address import DeviceAddress
from tests.timing import PATIENCE_S

ADDRESS = DeviceAddress("rtsp://viewer:hunter2@10.0.0.7/front")


def _record(text: str, name: str = "spot_webcam.app", **extra: Any) -> logging.LogRecord:
    record = logging.LogRecord(name, logging.WARNING, "file", 1, text, (), None)
    record.created = 1_790_000_000.25
    vars(record).update(extra)
    return record


def _failed(text: str) -> logging.LogRecord:
    record = _record(text)
    try:
        int(f"no way to {ADDRESS.reveal()}")
    except ValueError:
        record.exc_info = sys.exc_info()
    return record


def _scrubbing(formatter: ScrubbedFormatter) -> ScrubbedFormatter:
    formatter.addresses = (ADDRESS,)
    return formatter


def test_event_is_one_line_with_its_fields() -> None:
    fields = {"source": "front", "reason": "absent", "failures": {"absent": 3}, "outage_s": 1.5}
    line = JsonFormatter(verbose=False).format(_record("front: two\nlines µ", **fields))
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2026-09-21T14:13:20.250Z",
        "level": "warning",
        "logger": "spot_webcam.app",
        "message": "front: two | lines µ",
        **fields,
    }


def test_error_is_named_in_the_message_and_its_traceback_is_a_field_if_verbose() -> None:
    quiet = json.loads(JsonFormatter(verbose=False).format(_failed("defect")))
    assert quiet["message"].startswith("defect | ValueError: invalid")
    assert "traceback" not in quiet
    verbose = json.loads(JsonFormatter(verbose=True).format(_failed("defect")))
    assert verbose["message"] == "defect"
    assert verbose["traceback"].startswith("Traceback (most recent call last)")


@pytest.mark.parametrize("verbose", [False, True])
def test_secrets_are_in_no_part_of_a_line(verbose: bool) -> None:
    url = ADDRESS.reveal()
    formatters = (JsonFormatter(verbose=verbose), TextFormatter("%(message)s", verbose=verbose))
    for formatter in map(_scrubbing, formatters):
        fields = {"device": url, "state_dump": {url: [url, (url,), None, True, 1, Path(url)]}}
        line = formatter.format(_record(url, **fields)) + formatter.format(_failed(url))
        assert "hunter2" not in line
        assert "10.0.0.7" in line


def test_fields_of_libraries_are_left_out() -> None:
    assert fields_of(_record("text", name="urllib3", url="http://viewer:hunter2@camera")) == {}


def test_text_has_the_dump_of_a_state_after_its_message() -> None:
    text = TextFormatter("%(levelname)s %(message)s").format(_record("state", state_dump={"a": 1}))
    assert text == 'WARNING state: {"a":1}'
    assert TextFormatter("%(message)s").format(_record("hello", source="front")) == "hello"


@pytest.fixture
def journald(tmp_path: Path) -> Iterator[socket.socket]:
    """A socket that takes what journald would."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "socket"))
        receiver.settimeout(PATIENCE_S)
        yield receiver


def _entry(datagram: bytes) -> dict[str, str]:
    """Parse an entry as journald does."""
    fields: dict[str, str] = {}
    while datagram:
        name, _, rest = datagram.partition(b"\n")
        size = int.from_bytes(rest[:8], "little")
        fields[name.decode()] = rest[8 : 8 + size].decode()
        assert rest[8 + size : 9 + size] == b"\n"
        datagram = rest[9 + size :]
    return fields


@pytest.fixture
def journal(
    tmp_path: Path, journald: socket.socket
) -> Iterator[Callable[[logging.LogRecord], Any]]:
    """Log a record to the journal, and return its entry."""
    handler = LogHandler(JournalOutput(tmp_path / "socket"), max_close_s=PATIENCE_S)
    handler.setFormatter(JsonFormatter(verbose=True))

    def log(record: logging.LogRecord) -> dict[str, str]:
        handler.handle(record)
        return _entry(journald.recv(1 << 20))

    yield log
    handler.close()


def test_journal_gets_fields(journal: Callable[[logging.LogRecord], dict[str, str]]) -> None:
    entry = journal(_record("front: two\nlines", source="front", failures={"absent": 3}))
    assert entry == {
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "spot-webcam",
        "MESSAGE": "front: two\nlines",
        "SPOT_WEBCAM_LOGGER": "spot_webcam.app",
        "SPOT_WEBCAM_SOURCE": "front",
        "SPOT_WEBCAM_FAILURES": '{"absent":3}',
    }
    assert journal(_failed("defect"))["SPOT_WEBCAM_TRACEBACK"].startswith("Traceback")
    assert len(journal(_record("x" * 100_000))["MESSAGE"]) == 32_000


def test_journal_that_goes_away_loses_lines_and_blocks_nobody(
    tmp_path: Path, journald: socket.socket
) -> None:
    handler = LogHandler(JournalOutput(tmp_path / "socket"), max_close_s=PATIENCE_S)
    handler.setFormatter(JsonFormatter(verbose=False))
    journald.close()
    handler.handle(_record("lost"))
    handler.close()
    with pytest.raises(OSError, match="refused"):
        JournalOutput(tmp_path / "socket")
