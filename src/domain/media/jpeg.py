"""Inspection of JPEG without decoding, so that a camera's own can be passed through.

Markers and segments are those of ITU-T T.81, annex B. What tolerant decoders accept and strict
ones do not is mended (ADR 10): the picture stays the same.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from spot_webcam.domain.errors import CorruptFrame
from spot_webcam.domain.media.exif import PREFIX as EXIF
from spot_webcam.domain.media.exif import turned_orientations
from spot_webcam.domain.media.image import JpegPicture as JpegPicture  # noqa: PLC0414 - public here

# Of the names in `JpegPicture.oddities`; the orientation's number follows.
ODDITY_SEPARATOR = ", "
ORIENTATION = "EXIF orientation"

# SOI, SOF and SOS of one component, and EOI: the minimum of a JPEG.
MIN_BYTES = 27
# A block of 8x8 takes at least two Huffman codes, its DC difference and its end of block.
MIN_BITS_A_BLOCK = 2

_SOI, _EOI, _SOS, _DQT, _DHT, _DRI, _TEM = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xDD, 0x01
_APP0, _APP1 = 0xE0, 0xE1
# The processes that decoders support: baseline, extended sequential, progressive.
_SEQUENTIAL, _PROGRESSIVE = (0xC0, 0xC1), 0xC2
_FRAMES = frozenset(range(0xC0, 0xD0)) - {_DHT, 0xC8, 0xCC}
_STANDALONE = frozenset({_TEM, _SOI, *range(0xD0, 0xD8)})
# The segments without which no picture can be decoded.
_NEEDED = _FRAMES | {_DQT, _DHT, _DRI}
# What a sequential scan header ends with; some cameras leave zeros there.
_WHOLE_SPECTRUM = b"\x00\x3f\x00"
_JFIF, _JFIF_MAJOR = b"JFIF\0", b"\x01"
_MARKER = re.compile(rb"\xff[^\x00\xff]")
# Sampling factors, columns and rows, of luma and of both chromas, that all decoders know.
_COMMON_SAMPLING = frozenset(
    {
        *(((cols, rows), (1, 1)) for cols, rows in ((1, 1), (2, 1), (1, 2), (2, 2), (4, 1))),
        *(((2, 2), (1, 2)), ((2, 2), (2, 1))),
        *((same, same) for same in ((1, 2), (2, 1), (1, 3), (3, 1))),
    }
)
_MAX_SAMPLING = 4
# In entropy-coded data 0xFF is followed by a stuffed zero, a restart marker or a fill byte.
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")

# T.81, table K.1, in zigzag order or any other: only its sums are used.
# fmt: off
_STANDARD_LUMINANCE = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)
# fmt: on


@dataclass(slots=True)
class _Header:
    """Contents of the segments that were read so far."""

    frame: int | None = None
    cols: int = 0
    rows: int = 0
    components: int = 0
    table_id: int = 0
    tables: dict[int, int] = field(default_factory=dict)
    has_huffman_tables: bool = False
    is_portable: bool = True
    entropy_bytes: int = 0
    # `(start, end, replacement)` of what is mended, in order, and why, without repetitions.
    edits: list[tuple[int, int, bytes]] = field(default_factory=list)
    oddities: dict[str, None] = field(default_factory=dict)

    def mend(self, start: int, end: int, replacement: bytes, oddity: str) -> None:
        """Replace bytes of the JPEG."""
        self.edits.append((start, end, replacement))
        self.oddities[oddity] = None


def inspect_jpeg(data: bytes) -> JpegPicture:
    """Return a JPEG with its size and quality; takes well below 0.1 ms for 200 kB.

    Padding after the end marker is cut. Bytes between segments, and header fields that are
    invalid or turn the picture, are mended and named in `oddities`. Damage that leaves the
    markers intact is not detected: only decoding shows it.

    Raises:
        CorruptFrame: it is not a JPEG, is truncated, or its segments are inconsistent.
    """
    if len(data) < MIN_BYTES:
        raise CorruptFrame(f"{len(data)} bytes are too short for a JPEG")
    if data[0] != 0xFF or data[1] != _SOI:
        raise CorruptFrame("the picture has no JPEG start marker")
    header = _Header()
    marker, at = _marker(header, data, 2, _SOI)
    while marker != _EOI:
        if marker in _STANDALONE:
            raise CorruptFrame(f"the JPEG has marker {marker:#04x} in an invalid place")
        start, end = at + 2, at + int.from_bytes(data[at : at + 2], "big")
        if end < start or end > len(data):
            raise CorruptFrame(f"the JPEG is cut off in segment {marker:#04x}")
        _read_segment(header, marker, data[start:end], start)
        if marker == _SOS:
            end = _end_of_scan(header, data, end)
        marker, at = _marker(header, data, end, marker)
    _check(header)
    return JpegPicture(
        data=_mended(data, at, header.edits),
        cols=header.cols,
        rows=header.rows,
        components=header.components,
        quality=_quality(header.tables.get(header.table_id)),
        has_huffman_tables=header.has_huffman_tables,
        is_portable=header.is_portable,
        oddities=ODDITY_SEPARATOR.join(header.oddities),
    )


def _marker(header: _Header, data: bytes, at: int, previous: int) -> tuple[int, int]:
    """Return the marker at an offset, and the offset after it; fill bytes may precede it.

    Other bytes before it are dropped. But a segment that the picture needs is followed by nothing
    else than padding: otherwise bytes are missing in it.
    """
    if at + 1 < len(data) and data[at] == 0xFF and 0 < data[at + 1] < 0xFF:
        return data[at + 1], at + 2
    found = _MARKER.search(data, at)
    if found is None:
        raise CorruptFrame("the JPEG is cut off: it has no end marker")
    stray = data[at : found.start()].rstrip(b"\xff")
    if previous in _NEEDED and stray.strip(b"\0\xff"):
        raise CorruptFrame("a segment of the JPEG has the wrong length")
    if stray:
        header.mend(at, at + len(stray), b"", "bytes between segments")
    return data[found.end() - 1], found.end()


def _mended(data: bytes, end: int, edits: Sequence[tuple[int, int, bytes]]) -> bytes:
    if not edits:
        return data if end == len(data) else data[:end]
    parts, done = [], 0
    for start, stop, replacement in edits:
        parts += [data[done:start], replacement]
        done = stop
    return b"".join([*parts, data[done:end]])


def _end_of_scan(header: _Header, data: bytes, start: int) -> int:
    found = _MARKER_IN_SCAN.search(data, start)
    if found is None:
        raise CorruptFrame("the JPEG is cut off: it has no end marker")
    header.entropy_bytes += found.start() - start
    return found.start()


def _read_segment(header: _Header, marker: int, segment: bytes, at: int) -> None:
    """Read the segment that is at an offset of the JPEG."""
    if marker in _FRAMES:
        _read_frame(header, marker, segment)
    elif marker == _DQT:
        _read_tables(header, segment)
    elif marker == _DHT:
        header.has_huffman_tables = True
    elif marker == _SOS:
        _read_scan(header, segment, at)
    elif marker == _APP0 and segment.startswith(_JFIF) and segment[5:6] != _JFIF_MAJOR:
        header.mend(at + 5, at + 6, _JFIF_MAJOR, "an unknown version of JFIF")
    elif marker == _APP1 and segment.startswith(EXIF):
        for offset, value, upright in turned_orientations(segment):
            start = at + offset
            header.mend(start, start + len(upright), upright, f"{ORIENTATION} {value}")


def _read_scan(header: _Header, segment: bytes, at: int) -> None:
    if header.frame is None:
        raise CorruptFrame("the JPEG has a scan before its size")
    if not segment or len(segment) != 4 + 2 * segment[0]:
        raise CorruptFrame("a scan header of the JPEG is damaged")
    if header.frame in _SEQUENTIAL and segment[-3:] != _WHOLE_SPECTRUM:
        end = at + len(segment)
        header.mend(end - 3, end, _WHOLE_SPECTRUM, "a progressive scan header in a sequential JPEG")


def _read_frame(header: _Header, marker: int, segment: bytes) -> None:
    if header.frame is not None:
        raise CorruptFrame("the JPEG has two frame headers: two pictures ran into each other")
    if marker not in {*_SEQUENTIAL, _PROGRESSIVE}:
        raise CorruptFrame(f"JPEG process {marker:#04x} is not supported by decoders")
    components = segment[5] if len(segment) > 5 else 0
    if components == 4:
        raise CorruptFrame("the JPEG has 4 components, for print: a camera's has 1 or 3")
    if components not in {1, 3} or len(segment) != 6 + 3 * components or segment[0] != 8:
        raise CorruptFrame("the JPEG's frame header is damaged")
    header.frame = marker
    header.rows = int.from_bytes(segment[1:3], "big")
    header.cols = int.from_bytes(segment[3:5], "big")
    header.components = components
    header.table_id = segment[8]
    if components == 3 and not _is_common_sampling(segment[7:16:3]):
        header.is_portable = False
        header.oddities["uncommon chroma sampling"] = None


@lru_cache(maxsize=64)
def _is_common_sampling(factors: bytes) -> bool:
    """Return whether all decoders know these factors of three components."""
    sampling = [(both >> 4, both & 0xF) for both in factors]
    if not all(0 < factor <= _MAX_SAMPLING for both in sampling for factor in both):
        raise CorruptFrame("the JPEG's frame header is damaged")
    luma, *chromas = sampling
    return chromas[0] == chromas[1] and (luma, chromas[0]) in _COMMON_SAMPLING


def _read_tables(header: _Header, segment: bytes) -> None:
    """Record the sum of each quantisation table; with precision 1 its values have 16 bits."""
    at = 0
    while at < len(segment):
        wide, table_id = segment[at] >> 4, segment[at] & 0xF
        values = segment[at + 1 : at + 65 + 64 * wide]
        if wide > 1 or len(values) < 64 + 64 * wide:
            raise CorruptFrame("a quantisation table of the JPEG is damaged")
        header.tables[table_id] = (
            256 * sum(values[::2]) + sum(values[1::2]) if wide else sum(values)
        )
        at += 65 + 64 * wide


def _check(header: _Header) -> None:
    if header.frame is None:
        raise CorruptFrame("the JPEG has no frame header")
    if header.cols == 0 or header.rows == 0:
        raise CorruptFrame(f"the JPEG has a size of {header.cols}x{header.rows}")
    blocks = -(-header.cols // 8) * -(-header.rows // 8)
    fewest = -(-blocks * MIN_BITS_A_BLOCK // 8) if header.frame in _SEQUENTIAL else 1
    if header.entropy_bytes < fewest:
        raise CorruptFrame(
            f"{header.entropy_bytes} bytes cannot hold {header.cols}x{header.rows} pixels"
        )


def _scaled_sums() -> Sequence[int]:
    """Return the sums of the standard's table as scaled for the qualities 1 to 100.

    The scaling is the IJG library's, `jpeg_quality_scaling` and `jpeg_add_quant_table`, which
    encoders of cameras follow.
    """
    sums = []
    for quality in range(1, 101):
        percent = 5000 // quality if quality < 50 else 200 - 2 * quality
        scaled = ((value * percent + 50) // 100 for value in _STANDARD_LUMINANCE)
        sums.append(sum(min(255, max(1, value)) for value in scaled))
    return tuple(sums)


_SUMS = _scaled_sums()


@lru_cache(maxsize=64)
def _quality(table_sum: int | None) -> int | None:
    """Return the quality with the nearest table sum."""
    if table_sum is None:
        return None
    return 1 + min(range(100), key=lambda at: abs(_SUMS[at] - table_sum))
