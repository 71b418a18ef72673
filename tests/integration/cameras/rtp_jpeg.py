"""Pictures as RTP packets: RFC 2435, as far as pictures of OpenCV's own encoder need it."""

from __future__ import annotations

import struct
from collections.abc import Iterator

PAYLOAD_TYPE = 26
CLOCK_HZ = 90_000
# Of the packet's payload; small enough for every network.
MAX_BYTES = 1400
# Chroma halved in both directions, no restart markers; the tables are reported in the packet.
TYPE_420 = 1
TABLES_FOLLOW = 255

_DQT, _SOF0, _SOS, _EOI = 0xDB, 0xC0, 0xDA, b"\xff\xd9"


def entropy_coded(jpeg: bytes) -> bytes:
    """Return the part of a JPEG that is sent as it is."""
    return _parts(jpeg)[3]


def _parts(jpeg: bytes) -> tuple[int, int, bytes, bytes]:
    """Return width, height, quantisation tables and entropy-coded data."""
    tables, cols, rows, at = b"", 0, 0, 2
    while True:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        segment = jpeg[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == _DQT:
            tables += b"".join(segment[one + 1 : one + 65] for one in range(0, len(segment), 65))
        elif marker == _SOF0:
            rows, cols = struct.unpack(">HH", segment[1:5])
        elif marker == _SOS:
            return cols, rows, tables, jpeg[at : jpeg.rindex(_EOI)]


def packets(jpeg: bytes, sequence: int, timestamp: int) -> Iterator[bytes]:
    """Split a picture into RTP packets, numbered from `sequence` on; the sides are times 8."""
    cols, rows, tables, data = _parts(jpeg)
    quantisation = struct.pack(">BBH", 0, 0, len(tables)) + tables
    offset = 0
    while offset < len(data):
        part = data[offset : offset + MAX_BYTES]
        last = offset + len(part) == len(data)
        head = struct.pack(
            ">BBHII",
            2 << 6,
            PAYLOAD_TYPE | last << 7,
            sequence & 0xFFFF,
            timestamp & 0xFFFFFFFF,
            1,
        )
        place = struct.pack(">IBBBB", offset, TYPE_420, TABLES_FOLLOW, cols // 8, rows // 8)
        yield head + place + (quantisation if offset == 0 else b"") + part
        offset += len(part)
        sequence += 1
