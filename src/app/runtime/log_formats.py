"""Forms of the log: text for people, JSON lines for programs, native fields for journald."""

import json
import logging
import socket
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import Any

from spot_webcam.app.runtime.log_handler import ScrubbedFormatter

JOURNAL_SOCKET = Path("/run/systemd/journal/socket")
IDENTIFIER = "spot-webcam"
# Of one field of a line; journald takes what fits into a datagram, by default of 208 KiB.
MAX_FIELD_CHARS = 32_000
# Levels of syslog by those of Python.
_PRIORITIES = {"CRITICAL": 2, "ERROR": 3, "WARNING": 4, "INFO": 6, "DEBUG": 7}
# What every record has; everything else was given as `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_PACKAGE = "spot_webcam"


class LogFormat(Enum):
    """What `--log-format` offers."""

    TEXT = "text"
    JSON = "json"
    JOURNAL = "journal"


class TextFormatter(ScrubbedFormatter):
    """A line for people; a dump of the state follows its message as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Format the record."""
        text = super().format(record)
        state = fields_of(record).get("state_dump")
        return text if state is None else f"{text}: {_dumped(_scrubbed(state, self.scrub))}"


class JsonFormatter(ScrubbedFormatter):
    """A JSON object on one line: time, level, logger, message, and the fields of the event.

    Fields are what a log call gives as `extra`: `source`, `reason`, counters. With `verbose`,
    `traceback` is one of them.
    """

    def __init__(self, *, verbose: bool) -> None:
        super().__init__("%(message)s", verbose=verbose)

    def format(self, record: logging.LogRecord) -> str:
        """Format the record."""
        message, _, traceback = super().format(record).partition("\nTraceback ")
        when = datetime.fromtimestamp(record.created, timezone.utc)
        line: dict[str, Any] = {
            "time": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message,
            **_scrubbed(fields_of(record), self.scrub),
        }
        if traceback:
            line["traceback"] = f"Traceback {traceback}"
        return _dumped(line)


class JournalOutput:
    """Sends lines of `JsonFormatter` to journald, as fields of its native protocol."""

    def __init__(self, path: Path = JOURNAL_SOCKET) -> None:
        """Connect.

        Raises:
            OSError: journald does not listen there.
        """
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise

    def write(self, line: str) -> None:
        """Send a line; blocks while journald is busy, and raises `OSError` if it is away."""
        self._socket.send(b"".join(_fields(json.loads(line))))

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return what a log call of this package gave as `extra`; libraries may give anything."""
    if not record.name.startswith(_PACKAGE):
        return {}
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _scrubbed(value: Any, scrub: Callable[[str], str]) -> Any:
    """Return a value as JSON takes it, without the credentials of the cameras."""
    if isinstance(value, Mapping):
        return {scrub(str(key)): _scrubbed(item, scrub) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_scrubbed(item, scrub) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return scrub(str(value))


def _fields(line: dict[str, Any]) -> Iterator[bytes]:
    """Yield the fields of an entry, in the form that allows line breaks in their values."""
    del line["time"]  # the journal has its own
    priority = _PRIORITIES.get(str(line.pop("level")).upper(), 5)
    yield _field("PRIORITY", str(priority))
    yield _field("SYSLOG_IDENTIFIER", IDENTIFIER)
    yield _field("MESSAGE", line.pop("message"))
    for name, value in line.items():
        text = value if isinstance(value, str) else _dumped(value)
        yield _field(f"SPOT_WEBCAM_{name.upper()}", text)


def _field(name: str, text: str) -> bytes:
    data = text[:MAX_FIELD_CHARS].encode(errors="backslashreplace")
    return b"%s\n%s%s\n" % (name.encode(), len(data).to_bytes(8, "little"), data)


def _dumped(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
