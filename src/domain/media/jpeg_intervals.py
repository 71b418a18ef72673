"""Restart intervals of a JPEG: each can be decoded alone, and so be examined alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

_SOF, _SOS, _DRI, _FIRST_RESTART = (0xC0, 0xC1), 0xDA, 0xDD, 0xD0
_RESTARTS = 8
_EOI = b"\xff\xd9"
# A marker within entropy-coded data, whose bytes 0xff are followed by zeros.
MARKER = re.compile(rb"\xff([^\x00\xff])")
# The largest side of a picture that libjpeg decodes.
_MAX_SIDE_PX = 65_500
_BLOCK_PX = 8

# Bytes after the interval in a probe: a decoder that reads ahead does not reach the next marker
# before it has decoded the interval, and so counts every byte that is left over.
GUARD_BYTES = 32


@dataclass(frozen=True, slots=True)
class RestartIntervals:
    """The entropy-coded data of a sequential JPEG with a single scan, by restart intervals.

    `head` is all before them. `probe_head` is that of a picture of two intervals, whose columns
    and rows are `probe_size`.
    """

    head: bytes
    intervals: Sequence[bytes]
    probe_head: bytes
    probe_size: tuple[int, int]

    def probe(self, number: int) -> bytes:
        """Return a JPEG of `probe_size` that holds one interval only, the last one excepted.

        A decoder warns of it. If its first warning is of bytes before marker 0xd0, it decoded the
        interval, and so many bytes were left over, with `GUARD_BYTES` of ours.
        """
        guard = bytes(GUARD_BYTES) + bytes([0xFF, _FIRST_RESTART])
        return self.probe_head + self.intervals[number] + guard + _EOI

    def without(self, stray: Sequence[int]) -> bytes:
        """Return the JPEG without the last so many bytes of each interval but the last one."""
        parts = [self.head]
        for number, count in enumerate(stray):
            interval = self.intervals[number]
            marker = bytes([0xFF, _FIRST_RESTART + number % _RESTARTS])
            parts += [interval[: len(interval) - count], marker]
        return b"".join([*parts, self.intervals[-1], _EOI])


class ScanHeader(NamedTuple):
    """The segments of an inspected JPEG before its first scan, without fill bytes.

    The scan's entropy-coded data begin at the offset `end`.
    """

    segments: Sequence[bytes]
    scan: bytes
    end: int

    def bodies(self, *markers: int) -> list[bytes]:
        """Return the contents of all segments with one of these markers, in order."""
        return [segment[4:] for segment in self.segments if segment[1] in markers]

    @property
    def frame(self) -> bytes | None:
        """The contents of a sequential frame header whose components are all in the scan."""
        frames = self.bodies(*_SOF)
        return frames[0] if frames and frames[0][5] == self.scan[4] else None

    @property
    def restart_interval(self) -> int:
        """The number of units between two restart markers, 0 if there are none."""
        return int.from_bytes(b"".join(self.bodies(_DRI)[-1:]), "big")


def scan_header(data: bytes) -> ScanHeader:
    """Return what precedes the first scan of an inspected JPEG."""
    segments: list[bytes] = []
    at = 2
    while True:
        while data[at + 1] == 0xFF:
            at += 1
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == _SOS:
            return ScanHeader(segments, data[at:end], end)
        segments.append(data[at:end])
        at = end


def restart_intervals(data: bytes) -> RestartIntervals | None:
    """Split an inspected JPEG at its restart markers.

    `None` if it has none, if they are out of sequence or not as many as its size needs, or if its
    intervals cannot be examined alone.
    """
    header = scan_header(data)
    frame, interval = header.frame, header.restart_interval
    if frame is None or not interval:  # the search for markers takes long
        return None
    cols, rows = units_of(frame)
    size = _probe_size(interval, cols, _unit_px(frame))
    parts = MARKER.split(data[header.end : -2])
    intervals, numbers = parts[::2], b"".join(parts[1::2])
    if not intervals[-1].strip(b"\xff"):  # some encoders end the last interval with a marker, too
        intervals.pop()
    needed = bytes(_FIRST_RESTART + number % _RESTARTS for number in range(len(numbers)))
    if size is None or numbers != needed or len(intervals) != -(-cols * rows // interval):
        return None
    sides = b"".join(side.to_bytes(2, "big") for side in reversed(size))
    kept = [
        segment[:5] + sides + segment[9:] if segment[1] in _SOF else segment
        for segment in header.segments
    ]
    probe_head = b"".join([data[:2], *kept, header.scan])
    return RestartIntervals(data[: header.end], intervals, probe_head, size)


def units_of(frame: bytes) -> tuple[int, int]:
    """Return columns and rows of the units that a scan of all components codes one by one."""
    rows, cols = (int.from_bytes(frame[place : place + 2], "big") for place in (1, 3))
    unit_cols, unit_rows = _unit_px(frame)
    return -(-cols // unit_cols), -(-rows // unit_rows)


def _unit_px(frame: bytes) -> tuple[int, int]:
    """Return columns and rows of such a unit: a block, if there is one component."""
    factors = frame[7::3] if frame[5] > 1 else b"\x11"
    cols, rows = max(both >> 4 for both in factors), max(both & 0xF for both in factors)
    return cols * _BLOCK_PX, rows * _BLOCK_PX


def _probe_size(interval: int, cols: int, unit_px: tuple[int, int]) -> tuple[int, int] | None:
    """Return columns and rows, in pixels, of a picture of two intervals, each of whole rows."""
    units = (cols, 2 * interval // cols) if interval % cols == 0 else (interval, 2)
    size = (units[0] * unit_px[0], units[1] * unit_px[1])
    return size if max(size) <= _MAX_SIDE_PX else None
