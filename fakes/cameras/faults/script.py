"""Fault scripts: which faults a camera has, and when.

    SCRIPT := EVENT [, EVENT]...
    EVENT  := KIND[=VALUE]@START[s][+DURATION[s]]      without a duration: for ever

`unplug@5s+3s,slow=4@10s+2.5s,resize=320x240@20s` is one.
"""

import re
from dataclasses import dataclass
from enum import Enum

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.timing import NANOSECONDS

DEFAULT_SLOWDOWN = 10
MAX_SLOWDOWN = 1000
MAX_SIDE_PX = 4096

_EVENT = re.compile(
    r"(?P<kind>[a-z]+)(=(?P<value>[^@]*))?"
    r"@(?P<start>\d+(\.\d+)?)s?(\+(?P<duration>\d+(\.\d+)?)s?)?"
)
_SIZE = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,4})")


class FaultKind(Enum):
    """Kind of a camera fault."""

    ABSENT = "absent"
    BUSY = "busy"
    FORBIDDEN = "forbidden"
    UNPLUG = "unplug"
    FAIL = "fail"
    HANG = "hang"
    CRASH = "crash"
    FREEZE = "freeze"
    BLACK = "black"
    CORRUPT = "corrupt"
    SLOW = "slow"
    RESIZE = "resize"
    # Damage to the bytes of a JPEG.
    TRUNCATE = "truncate"
    FLIP = "flip"
    GARBAGE = "garbage"
    HEADER = "header"
    PAD = "pad"
    TINY = "tiny"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class FaultEvent:
    """One fault from `start_ns` until before `end_ns`; `None` means for ever.

    `slowdown` divides the rate, for SLOW only; `size` is `(cols, rows)`, for RESIZE only.
    """

    kind: FaultKind
    start_ns: int
    end_ns: int | None = None
    slowdown: int = DEFAULT_SLOWDOWN
    size: tuple[int, int] = (64, 48)

    def overlaps(self, first_ns: int, last_ns: int) -> bool:
        """Whether the event is active at any time from `first_ns` to `last_ns`, both included."""
        return self.start_ns <= last_ns and (self.end_ns is None or first_ns < self.end_ns)


@dataclass(frozen=True, slots=True)
class FaultScript:
    """Events that may overlap; the last one of a kind takes effect. Times in nanoseconds."""

    events: tuple[FaultEvent, ...] = ()

    def active_at(self, at_ns: int) -> dict[FaultKind, FaultEvent]:
        """Return the events that are active at a time."""
        return self.active_between(at_ns, at_ns)

    def active_between(self, first_ns: int, last_ns: int) -> dict[FaultKind, FaultEvent]:
        """Return the events that are active at any time of a range, both ends included."""
        return {event.kind: event for event in self.events if event.overlaps(first_ns, last_ns)}

    def next_change_ns(self, after_ns: int) -> int | None:
        """Return when the next event starts or ends, `None` after the last one."""
        edges = [edge for event in self.events for edge in (event.start_ns, event.end_ns)]
        return min((edge for edge in edges if edge is not None and edge > after_ns), default=None)


def parse_script(text: str) -> FaultScript:
    """Parse a script; an empty one has no events.

    Raises:
        CameraMisconfigured: an event is invalid.
    """
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    return FaultScript(tuple(_parse_event(part) for part in parts))


def parse_size(text: str) -> tuple[int, int] | None:
    """Return `(cols, rows)` of COLSxROWS, `None` if it is invalid or a side is too large."""
    size = _SIZE.fullmatch(text)
    if size is None:
        return None
    cols, rows = int(size[1]), int(size[2])
    return (cols, rows) if max(cols, rows) <= MAX_SIDE_PX else None


def _parse_event(text: str) -> FaultEvent:
    event = _EVENT.fullmatch(text)
    if event is None:
        raise CameraMisconfigured(
            f"script event {text!r} is not EVENT@START[+DURATION], as in unplug@5s+3s"
        )
    try:
        kind = FaultKind(event["kind"])
    except ValueError:
        known = ", ".join(kind.value for kind in FaultKind)
        raise CameraMisconfigured(
            f"script event {text!r} is unknown; the events are {known}"
        ) from None
    start_ns = _nanoseconds(event["start"])
    end_ns = None
    if event["duration"] is not None:
        end_ns = start_ns + _nanoseconds(event["duration"])
        if end_ns == start_ns:
            raise CameraMisconfigured(
                f"script event {text!r} has a duration of 0; leave out +DURATION"
            )
    value = event["value"]
    if kind is FaultKind.SLOW:
        return FaultEvent(kind, start_ns, end_ns, slowdown=_slowdown(text, value))
    if kind is FaultKind.RESIZE:
        return FaultEvent(kind, start_ns, end_ns, size=_new_size(text, value))
    if value is not None:
        raise CameraMisconfigured(
            f"script event {text!r} takes no value; only slow=FACTOR and resize=COLSxROWS do"
        )
    return FaultEvent(kind, start_ns, end_ns)


def _slowdown(text: str, value: str | None) -> int:
    if value is None:
        return DEFAULT_SLOWDOWN
    if not (value.isascii() and value.isdecimal() and 1 <= int(value[:9]) <= MAX_SLOWDOWN):
        raise CameraMisconfigured(
            f"script event {text!r} needs a whole factor of 1 to {MAX_SLOWDOWN}, as in slow=4"
        )
    return int(value)


def _new_size(text: str, value: str | None) -> tuple[int, int]:
    size = parse_size(value or "")
    if size is None:
        raise CameraMisconfigured(
            f"script event {text!r} needs a size of 1x1 to {MAX_SIDE_PX}x{MAX_SIDE_PX},"
            " as in resize=320x240"
        )
    return size


def _nanoseconds(seconds: str) -> int:
    return round(float(seconds) * NANOSECONDS)
