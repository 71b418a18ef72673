"""Limit of repeated lines of the log: what happens again and again must not fill a disk."""

import copy
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

_PACKAGE = "spot_webcam"
# Kinds of lines that are known at once. This package's are some for each camera.
MAX_KINDS = 500


@dataclass(slots=True)
class _Kind:
    """Lines of one kind: how many may be written, since when, and the last that was not."""

    allowance: float
    counted_s: float
    held: logging.LogRecord | None = None
    left_out: int = 0


class RepeatLimit:
    """Lets `burst` lines of a kind through, and then one of them in `period_s`. Thread-safe.

    A kind is a message without its values, of one source; of another package's logger, all
    that it logs at a level, since its messages may have their values in them. The last line is
    held back until its time has come, so that the log ends with what holds: after a camera
    that came and went, that it is back. Lines below INFO are not limited: `-v` asks for them.
    """

    def __init__(
        self, now_s: Callable[[], float], *, burst: int = 20, period_s: float = 20.0
    ) -> None:
        self._now_s = now_s
        self._burst = burst
        self._period_s = period_s
        self._lock = threading.Lock()
        self._kinds: dict[tuple[str, ...], _Kind] = {}

    def admits(self, record: logging.LogRecord) -> bool:
        """Whether a line is to be written now; else it may be `due` later."""
        if record.levelno < logging.INFO:
            return True
        with self._lock:
            kind = self._kind(_key(record))
            if kind.held is None and self._take(kind):
                return True
            kind.left_out += kind.held is not None
            kind.held = _plain(record)
            return False

    def due(self) -> list[logging.LogRecord]:
        """Return lines that were held back and whose time has come, in the order of their times."""
        with self._lock:
            held = [kind for kind in self._kinds.values() if kind.held and self._take(kind)]
            return sorted(_released(held), key=lambda record: record.created)

    def rest(self) -> list[logging.LogRecord]:
        """Return all lines that are held back: it is the end of the log."""
        with self._lock:
            return sorted(_released(self._kinds.values()), key=lambda record: record.created)

    def _kind(self, key: tuple[str, ...]) -> _Kind:
        kind = self._kinds.pop(key, None) or _Kind(self._burst, self._now_s())
        while len(self._kinds) >= MAX_KINDS:
            del self._kinds[next(iter(self._kinds))]
        self._kinds[key] = kind  # the last one that was used is the last one
        return kind

    def _take(self, kind: _Kind) -> bool:
        """Take one line off the allowance, which grows with time; return whether there was one."""
        now_s = self._now_s()
        grown = kind.allowance + (now_s - kind.counted_s) / self._period_s
        kind.allowance, kind.counted_s = min(self._burst, grown), now_s
        if kind.allowance < 1:
            return False
        kind.allowance -= 1
        return True


def _key(record: logging.LogRecord) -> tuple[str, ...]:
    if not record.name.startswith(_PACKAGE):
        return record.name, record.levelname
    return record.name, record.levelname, str(record.msg), str(getattr(record, "source", ""))


def _released(kinds: Iterable[_Kind]) -> Iterator[logging.LogRecord]:
    for kind in kinds:
        if kind.held is not None:
            yield _counted(kind.held, kind.left_out)
        kind.held, kind.left_out = None, 0


def _plain(record: logging.LogRecord) -> logging.LogRecord:
    """Return a line without the objects in it, which would be kept with it."""
    plain = copy.copy(record)
    plain.msg, plain.args = record.getMessage(), None
    return plain


def _counted(record: logging.LogRecord, left_out: int) -> logging.LogRecord:
    """Return a line that says how many of its kind were left out before it."""
    if not left_out:
        return record
    record.msg = f"{record.msg} ({left_out} like it were left out before)"
    record.__dict__["left_out"] = left_out
    return record
