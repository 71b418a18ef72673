"""Entropy-coded data of sequential JPEG, followed code by code (ITU-T T.81, annex F.2.2).

For forms of which no decoder reports its warnings. A picture of 50 kB takes some 20 ms.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from spot_webcam.domain.errors import CorruptFrame
from spot_webcam.domain.media.jpeg_intervals import (
    MARKER,
    restart_intervals,
    scan_header,
    units_of,
)

_DHT = 0xC4
_LONGEST_CODE = 16
_COEFFICIENTS = 64
_ZERO_RUN, _END_OF_BLOCK = 0xF0, 0x00
# Added to the place of a coefficient at the end of a block: more than any run of zeros.
_TO_THE_END = 128
# How many bytes are read at a time.
_READ_BYTES = 6

# For each 16 bits that may follow: the bits of code and value times 256, plus how many places the
# value advances; 0 for no code.
_Table = Sequence[int]


def leftover_bytes(data: bytes) -> int | None:
    """Return how many bytes at most follow the data of a restart interval of an inspected JPEG.

    `None` for JPEG that is not followed: of several scans, or without Huffman tables of its own.

    Raises:
        CorruptFrame: data are missing, or contain what is no code.
    """
    header = scan_header(data)
    frame, interval = header.frame, header.restart_interval
    if frame is None:
        return None
    cols, rows = units_of(frame)
    pieces: Sequence[bytes] = MARKER.split(data[header.end : -2])[:1]
    if interval:
        split = restart_intervals(data)
        if split is None:
            raise CorruptFrame("restart markers are missing or out of sequence")
        pieces = split.intervals
    tables = {table[0]: _table(table) for body in header.bodies(_DHT) for table in _tables(body)}
    used = [(both >> 4, 0x10 | both & 0xF) for both in header.scan[6 : 5 + 2 * header.scan[4] : 2]]
    if not {number for pair in used for number in pair} <= tables.keys():
        return None
    blocks = [
        (tables[dc], tables[ac])
        for number, (dc, ac) in enumerate(used)
        for _ in range(_blocks(frame, number))
    ]
    left = cols * rows
    most = 0
    for piece in pieces:
        units = min(interval or left, left)
        left -= units
        most = max(most, _leftover(piece.rstrip(b"\xff"), blocks * units))
    return most


def _blocks(frame: bytes, number: int) -> int:
    """Return how many blocks of a component a unit has."""
    both = frame[7 + 3 * number] if frame[5] > 1 else 0x11
    return (both >> 4) * (both & 0xF)


def _tables(body: bytes) -> Iterator[bytes]:
    """Return the tables of a segment: class and number, counts by length, symbols."""
    while body:
        end = 1 + _LONGEST_CODE + sum(body[1 : 1 + _LONGEST_CODE])
        yield body[:end]
        body = body[end:]


@lru_cache(maxsize=16)
def _table(table: bytes) -> _Table:
    is_ac, symbols = table[0] >> 4, iter(table[1 + _LONGEST_CODE :])
    entries: list[int] = []
    for length, count in enumerate(table[1 : 1 + _LONGEST_CODE], start=1):
        for _ in range(count):
            symbol = next(symbols, 0)
            places = (symbol >> 4) + 1 if is_ac else 1
            if is_ac and symbol & 0xF == 0 and symbol != _ZERO_RUN:
                places = _TO_THE_END
            entry = (length + (symbol & 0xF)) << 8 | places
            entries += [entry] * (1 << (_LONGEST_CODE - length))
    return (entries + [0] * (1 << _LONGEST_CODE))[: 1 << _LONGEST_CODE]


def _leftover(stuffed: bytes, blocks: Sequence[tuple[_Table, _Table]]) -> int:
    """Return how many bytes follow these blocks."""
    data = stuffed.replace(b"\xff\0", b"\xff")
    size_bits = 8 * len(data)
    data += bytes(_READ_BYTES)
    # The next bits of the data, how many they are, and where the others begin.
    window, bits, at = 0, 0, 0
    for dc, ac in blocks:
        table, place = dc, 0
        while place < _COEFFICIENTS:
            if bits < 2 * _LONGEST_CODE:
                window = (window & ((1 << bits) - 1)) << (8 * _READ_BYTES)
                window |= int.from_bytes(data[at : at + _READ_BYTES], "big")
                bits += 8 * _READ_BYTES
                at += _READ_BYTES
            entry = table[window >> (bits - _LONGEST_CODE) & 0xFFFF]
            if not entry:
                raise CorruptFrame("the data contain what is no code")
            bits -= entry >> 8
            place += entry & 0xFF
            table = ac
        if _COEFFICIENTS < place < _TO_THE_END:
            raise CorruptFrame("a block has more than 64 coefficients")
        if 8 * at - bits > size_bits:
            raise CorruptFrame("the data end early")
    return (size_bits - 8 * at + bits) // 8
