"""EXIF orientation of a JPEG: found in its APP1 segment, as TIFF 6.0 stores it."""

from collections.abc import Iterator
from typing import Literal

PREFIX = b"Exif\0\0"
UPRIGHT = 1
# Other values mean upright, too.
MAX_ORIENTATION = 8

_ORIENTATION_TAG, _SHORT, _LONG = 0x0112, 3, 4
_BYTE_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II*\0": "little", b"MM\0*": "big"}
_ENTRY_BYTES = 12


def turned_orientations(segment: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Return each orientation in an EXIF segment that turns or mirrors the picture.

    As `(offset, value, replacement)`: the replacement of the bytes at the offset means upright.
    """
    tiff = segment[len(PREFIX) :]
    order = _BYTE_ORDERS.get(tiff[:4])
    if not segment.startswith(PREFIX) or order is None:
        return

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], order)

    first = number(4, 4)
    for at in range(first + 2, first + 2 + number(first, 2) * _ENTRY_BYTES, _ENTRY_BYTES):
        if at + _ENTRY_BYTES > len(tiff):
            return
        if number(at, 2) != _ORIENTATION_TAG:
            continue
        # Readers differ in whether they look at the type.
        kind = number(at + 2, 2)
        value = number(at + 8, 4 if kind == _LONG else 2)
        if UPRIGHT < value <= MAX_ORIENTATION:
            upright = ((_SHORT, 2), (1, 4), (UPRIGHT, 2), (0, 2))
            replacement = b"".join(field.to_bytes(size, order) for field, size in upright)
            yield len(PREFIX) + at + 2, value, replacement
