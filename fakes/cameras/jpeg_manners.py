"""JPEG as cameras write it: harmless manners, damage, and forms that decoders refuse.

    MANNERS := MANNER[=VALUE] [, MANNER[=VALUE]]...

`restart=20,stray=3,orientation=6` is one. Each is a pure function of pixels and manners.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.media.image import Pixels
from spot_webcam.fakes.cameras.jpeg_encoder import (
    APP0,
    COM,
    DHT,
    EOI,
    SOI,
    JpegForm,
    JpegParts,
    Sampling,
    Scan,
    encode,
    segment,
)

SAMPLINGS: dict[str, Sampling] = {
    "444": ((1, 1), (1, 1), (1, 1)),
    "422": ((2, 1), (1, 1), (1, 1)),
    "420": ((2, 2), (1, 1), (1, 1)),
    "440": ((1, 2), (1, 1), (1, 1)),
    "411": ((4, 1), (1, 1), (1, 1)),
    "410": ((4, 2), (1, 1), (1, 1)),
    # As some webcams write 4:2:2.
    "422-tall": ((2, 2), (1, 2), (1, 2)),
    # The chromas differ.
    "unequal": ((2, 2), (2, 1), (1, 1)),
    "cmyk": ((1, 1), (1, 1), (1, 1), (1, 1)),
}
GREY: Sampling = ((1, 1),)

_APP1, _DNL, _ARITHMETIC_SOF = 0xE1, 0xDC, 0xC9
_SOFS = (0xC0, 0xC2)
_RESTARTS, _FIRST_RESTART = 8, 0xD0
_MAX_VALUE = 65_535


@dataclass(frozen=True, slots=True)
class _Manner:
    """A manner's values, and the one that it has without `=VALUE`; `None`: it must have one."""

    lowest: int
    highest: int
    usual: int | None = None


_FLAG = _Manner(1, 1, 1)
_COUNT = _Manner(0, _MAX_VALUE)
# Manners that decoders put up with, forms that few know, and damage.
TOLERATED: Mapping[str, _Manner] = {
    # MCUs between restart markers.
    "restart": _Manner(1, _MAX_VALUE),
    # Bytes of any value before each restart marker.
    "stray": _COUNT,
    # Zeros before the end marker, after it, and after a comment.
    "end-zeros": _COUNT,
    "tail-zeros": _COUNT,
    "gap": _COUNT,
    # Fill bytes 0xff before each marker of a segment.
    "fill": _COUNT,
    "comment": _FLAG,
    "scan-header": _FLAG,
    "jfif": _Manner(0, 255),
    "orientation": _Manner(1, 8),
    # Without Huffman tables: those of the standard are meant.
    "no-tables": _FLAG,
    "progressive": _FLAG,
    # A restart marker after the last interval, too.
    "last-restart": _FLAG,
}
REFUSED: Mapping[str, _Manner] = {
    "no-end": _FLAG,
    # Per cent of the scan that is left.
    "cut": _Manner(1, 99),
    "lost-restart": _FLAG,
    "swapped-restarts": _FLAG,
    # An interval is missing with its marker.
    "lost-interval": _FLAG,
    # The number of rows follows the scan.
    "dnl": _FLAG,
    "twelve-bits": _FLAG,
    "arithmetic": _FLAG,
}
_MANNERS = {**TOLERATED, **REFUSED}


@dataclass(frozen=True, slots=True)
class JpegManners:
    """How a camera writes JPEG. `values` are by the names in `TOLERATED` and `REFUSED`."""

    sampling: str = "420"
    values: Mapping[str, int] = field(default_factory=dict)

    def written(self, pixels: Pixels, quality: int = 85) -> bytes:
        """Return the JPEG of grey or BGR pixels of 8 bits."""
        values = self.values
        sampling = SAMPLINGS[self.sampling] if pixels.ndim == 3 else GREY
        interval, progressive = values.get("restart", 0), "progressive" in values
        parts = encode(pixels, JpegForm(quality, sampling, interval, progressive))
        parts.segments = [_changed(own, values) for own in parts.segments]
        parts.segments[1:1] = _inserted(values)
        if "no-tables" in values:
            parts.segments = [own for own in parts.segments if own[1] != DHT]
        for scan in parts.scans:
            _change_scan(scan, values)
        last = parts.scans[-1].intervals
        last[-1] = last[-1][: len(last[-1]) * values.get("cut", 100) // 100]
        last[-1] += bytes(values.get("end-zeros", 0))
        return _assembled(parts, values, pixels.shape[0])


def _changed(own: bytes, values: Mapping[str, int]) -> bytes:
    """Return a segment of the header as these manners have it."""
    marker, body = own[1], own[4:]
    if marker == APP0 and "jfif" in values:
        return segment(APP0, body[:5] + bytes([values["jfif"]]) + body[6:])
    if marker not in _SOFS:
        return own
    bits = 12 if "twelve-bits" in values else body[0]
    rows = b"\0\0" if "dnl" in values else body[1:3]
    marker = _ARITHMETIC_SOF if "arithmetic" in values else marker
    return segment(marker, bytes([bits]) + rows + body[3:])


def _inserted(values: Mapping[str, int]) -> list[bytes]:
    """Return segments to insert after the first one; the zeros of a gap follow one."""
    inserted = []
    if "comment" in values:
        inserted.append(segment(COM, b"a picture in a picture: " + SOI + EOI))
    if "orientation" in values:
        entry = b"\x01\x12\0\x03\0\0\0\x01\0" + bytes([values["orientation"]]) + b"\0\0"
        tiff = b"MM\0\x2a\0\0\0\x08\0\x01" + entry + bytes(4)
        inserted.append(segment(_APP1, b"Exif\0\0" + tiff))
    if "gap" in values:
        inserted.append(segment(COM, b"camera") + bytes(values["gap"]))
    return inserted


def _change_scan(scan: Scan, values: Mapping[str, int]) -> None:
    if "scan-header" in values:
        scan.header = scan.header[:-3] + bytes(3)
    for number, interval in enumerate(scan.intervals[:-1]):
        noise = np.random.default_rng(zlib.crc32(interval)).integers(0, 255, values.get("stray", 0))
        scan.intervals[number] = interval + bytes(noise.tolist())


def _assembled(parts: JpegParts, values: Mapping[str, int], rows: int) -> bytes:
    fill = b"\xff" * values.get("fill", 0)
    data = [SOI, *(fill + own for own in parts.segments)]
    for number, scan in enumerate(parts.scans):
        data += [fill, scan.header, _entropy_coded(scan.intervals, values)]
        if number == 0 and "dnl" in values:
            data.append(segment(_DNL, rows.to_bytes(2, "big")))
    if "no-end" not in values:
        data += [fill, EOI, bytes(values.get("tail-zeros", 0))]
    return b"".join(data)


def _entropy_coded(intervals: list[bytes], values: Mapping[str, int]) -> bytes:
    """Join intervals by restart markers."""
    count = len(intervals) - ("last-restart" not in values)
    markers = [bytes([0xFF, _FIRST_RESTART + number % _RESTARTS]) for number in range(count)]
    if "swapped-restarts" in values:
        markers[:2] = markers[:2][::-1]
    if "lost-restart" in values:
        markers[:1] = [b""]
    if "lost-interval" in values:
        del intervals[1:2], markers[1:2]
    markers += [b""] * (len(intervals) - count)
    return b"".join(own for pair in zip(intervals, markers, strict=False) for own in pair)


def parse_manners(text: str) -> JpegManners:
    """Parse manners.

    Raises:
        CameraMisconfigured: a manner is unknown, or its value is not allowed.
    """
    sampling, values = "420", {}
    for part in filter(None, text.split(",")):
        name, equals, value = part.partition("=")
        if name == "sampling" and value in SAMPLINGS:
            sampling = value
            continue
        manner = _MANNERS.get(name)
        if manner is None:
            raise CameraMisconfigured(
                f"JPEG manner {part!r} is unknown; the manners are"
                f" sampling={'|'.join(SAMPLINGS)}, {', '.join(_MANNERS)}"
            )
        number = manner.usual
        if equals:
            number = int(value) if value.isdecimal() and len(value) <= len(str(_MAX_VALUE)) else -1
        if number is None or not manner.lowest <= number <= manner.highest:
            raise CameraMisconfigured(
                f"JPEG manner {part!r} needs a whole number from {manner.lowest} to"
                f" {manner.highest}, as in {name}={manner.lowest}"
            )
        values[name] = number
    return JpegManners(sampling, values)
