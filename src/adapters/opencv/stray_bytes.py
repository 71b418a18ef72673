"""Stray bytes in the scan of a JPEG: libjpeg-turbo decides whether they are image data (ADR 10)."""

import re
from collections.abc import Callable, Sequence

from spot_webcam.domain.errors import CorruptFrame
from spot_webcam.domain.media.jpeg_entropy import leftover_bytes
from spot_webcam.domain.media.jpeg_intervals import (
    GUARD_BYTES,
    RestartIntervals,
    restart_intervals,
)

# What cameras leave before a marker: 1 to 10 bytes of any value, or zeros up to a multiple of 16.
# Of more, the decoder lost its place.
MAX_STRAY_BYTES = 16
# What a decoder may hold that it has not used yet.
READ_AHEAD_BYTES = 8
# Larger pictures are not followed code by code, which takes 0.1 s for so many bytes.
MAX_FOLLOWED_BYTES = 100_000
# Intervals that are decoded alone of a picture without warnings.
SAMPLES = 2
BEFORE_RESTART = "stray bytes before restart markers"
BEFORE_END = "stray bytes before the end marker"

_SKIPPED = re.compile(r"data: (\d+) extraneous bytes before marker 0x(d[0-79])")
_END, _END_MARKER = "d9", b"\xff\xd9"

# Returns the first warning of a strict decoder, "" if there is none, for a JPEG of so many columns
# and rows.
FirstWarning = Callable[[bytes, tuple[int, int]], str]


def without_stray_bytes(
    data: bytes, size: tuple[int, int], warning: str, first_warning: FirstWarning
) -> tuple[bytes, str]:
    """Return a JPEG without the bytes of which a decoder warned, and what they are.

    `size` are its columns and rows; `warning` is the decoder's first one, "" if there was none.
    What is returned may have other stray bytes, unless it is the same as `data`: it has to be
    decoded again.

    Raises:
        CorruptFrame: the decoder warned of something else, or of more bytes.
    """
    skipped = _SKIPPED.search(warning)
    if warning and skipped is None:
        raise _damaged(warning)
    split = restart_intervals(data)
    if split is not None:
        stray = _before_restarts(split, warning, first_warning)
        # A marker after the last interval is dropped, too.
        mended = split.without(stray) if warning or any(stray) else data
        if mended != data:
            return mended, BEFORE_RESTART
    if skipped is None:
        return data, ""
    if skipped[2] != _END:
        raise _damaged(warning)
    scan = data[: -len(_END_MARKER)].rstrip(b"\xff")
    count = _bytes_after(scan, int(skipped[1]), size, first_warning)
    if count > MAX_STRAY_BYTES:
        raise _damaged(warning)
    return scan[:-count] + _END_MARKER, BEFORE_END


def _bytes_after(
    scan: bytes, counted: int, size: tuple[int, int], first_warning: FirstWarning
) -> int:
    """Return how many stray bytes end a JPEG without its end marker, of which some were counted.

    A decoder that reads ahead does not count all. Of zeros, those are stray without which it lacks
    no data: the last bits of a picture may be zeros, too, and so is what follows a byte 0xff.
    """
    kept = scan.rstrip(b"\0")
    kept += b"\0" * kept.endswith(b"\xff")
    most = min(len(scan) - len(kept), counted + READ_AHEAD_BYTES)
    for count in range(most, counted, -1):
        if not first_warning(scan[:-count] + _END_MARKER, size):
            return count
    return counted


def _before_restarts(
    split: RestartIntervals, warning: str, first_warning: FirstWarning
) -> Sequence[int]:
    """Return how many stray bytes each interval has, but for the last.

    Each is decoded alone: a decoder that reads ahead reports bytes at a later marker, or not at
    all. Without a warning, some intervals tell whether all have to be decoded.
    """

    def stray_bytes(number: int) -> int:
        own = first_warning(split.probe(number), split.probe_size)
        skipped = _SKIPPED.search(own)
        count = -1 if skipped is None or skipped[2] == _END else int(skipped[1]) - GUARD_BYTES
        if not 0 <= count <= MAX_STRAY_BYTES:
            raise _damaged(own if skipped is None else warning)
        return count

    last = len(split.intervals) - 1
    if not warning and not any(map(stray_bytes, range(0, last, -(-last // SAMPLES) or 1))):
        return [0] * last
    return [stray_bytes(number) for number in range(last)]


def refuse_damage(data: bytes) -> None:
    """Refuse a damaged JPEG of which no decoder reports its warnings; large ones are not looked at.

    Raises:
        CorruptFrame: its data are missing or out of step.
    """
    if len(data) > MAX_FOLLOWED_BYTES:
        return
    try:
        leftover = leftover_bytes(data)
    except CorruptFrame as error:
        raise _damaged(str(error)) from error
    if leftover is not None and leftover > MAX_STRAY_BYTES:
        raise _damaged(f"{leftover} bytes are left over")


def _damaged(warning: str) -> CorruptFrame:
    return CorruptFrame(f"the JPEG is damaged: {warning}")
