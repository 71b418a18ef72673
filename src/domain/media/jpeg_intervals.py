"""Restart intervals of a JPEG: each can be decoded alone, and so be examined alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SOF, _SOS, _DRI, _FIRST_RESTART = (0xC0, 0xC1), 0xDA, 0xDD, 0xD0
_RESTARTS = 8
_EOI = b"\xff\xd9"
_MARKER = re.compile(rb"\xff([^\x00\xff])")
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


def restart_intervals(data: bytes) -> RestartIntervals | None:
    """Split an inspected JPEG at its restart markers.

    `None` if it has none, if they are out of sequence or not as many as its size needs, or if its
    intervals cannot be examined alone.
    """
    probe_head, frame_at, interval, at = data[:2], 0, 0, 2
    while True:
        while data[at + 1] == 0xFF:
            at += 1
        marker, end = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _SOS:
            break
        if marker in _SOF:
            frame_at = len(probe_head)
        if marker == _DRI:
            interval = int.from_bytes(data[at + 4 : at + 6], "big")
        else:
            probe_head += data[at:end]
        at = end
    # The search takes long.
    if not frame_at or not interval or data[at + 4] != probe_head[frame_at + 9]:
        return None
    parts = _MARKER.split(data[end:-2])
    frame = probe_head[frame_at:]
    unit_px = _unit_px(frame)
    rows, cols = (int.from_bytes(frame[place : place + 2], "big") for place in (5, 7))
    cols_units = -(-cols // unit_px[0])
    units = cols_units * -(-rows // unit_px[1])
    size = _probe_size(interval, cols_units, unit_px)
    intervals, numbers = parts[::2], b"".join(parts[1::2])
    if not intervals[-1].strip(b"\xff"):  # some encoders end the last interval with a marker, too
        intervals.pop()
    needed = bytes(_FIRST_RESTART + number % _RESTARTS for number in range(len(numbers)))
    if size is None or numbers != needed or len(intervals) != -(-units // interval):
        return None
    sides = b"".join(side.to_bytes(2, "big") for side in reversed(size))
    restart = bytes([0xFF, _DRI, 0, 4]) + interval.to_bytes(2, "big")
    probe_head = probe_head[: frame_at + 5] + sides + probe_head[frame_at + 9 :] + restart
    return RestartIntervals(data[:end], intervals, probe_head + data[at:end], size)


def _unit_px(frame: bytes) -> tuple[int, int]:
    """Return columns and rows of what a scan codes at a time: a block, if it is of one component.

    `frame` begins with the marker of the frame header.
    """
    factors = frame[11 : 11 + 3 * frame[9] : 3] if frame[9] > 1 else b"\x11"
    cols, rows = max(both >> 4 for both in factors), max(both & 0xF for both in factors)
    return cols * _BLOCK_PX, rows * _BLOCK_PX


def _probe_size(interval: int, cols: int, unit_px: tuple[int, int]) -> tuple[int, int] | None:
    """Return columns and rows, in pixels, of a picture of two intervals, each of whole rows."""
    units = (cols, 2 * interval // cols) if interval % cols == 0 else (interval, 2)
    size = (units[0] * unit_px[0], units[1] * unit_px[1])
    return size if max(size) <= _MAX_SIDE_PX else None
