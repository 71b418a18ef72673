"""Freeze detection: a sender that repeats one picture without new timestamps."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spot_webcam.domain.media.image import JpegPicture, Picture
from spot_webcam.domain.sources.parameters import ParameterValues

# Step in both directions of the pixels that are compared first: live pictures differ in those.
SAMPLE_STEP_PX = 16
# Sets of parameters whose last pictures are remembered; no parameters count as a set.
MAX_PARAMETER_SETS = 16


@dataclass(frozen=True, slots=True)
class _Seen:
    # The last picture itself, or its checksum. None: a new timestamp proved that it was new.
    content: Picture | JpegPicture | int | None
    timestamp_ns: int | None
    since_ns: int


class FreezeDetector:
    """Measures how long a sender has been repeating its last picture. Not thread-safe.

    A sender with a new timestamp is alive, whatever it shows: a screen may not change. Without
    timestamps, noise makes every live picture differ from the one before.

    Parameters may change what a frozen sender sends, therefore a picture is compared with the
    last one of the same parameters. Of pictures with parameters only a checksum is kept, because
    there are many; the usual pictures are compared by their pixels, which is quicker.
    """

    def __init__(self) -> None:
        # By parameters, `None` for usual pictures; the least recently used first.
        self._seen: dict[object, _Seen] = {}
        self._has_gap = False

    def skipped(self) -> None:
        """Record that there were pictures that nobody looked at, which may have been new ones.

        One that is the same as the last before them is repeated since it came itself.
        """
        self._has_gap = True

    def repeated_for_ns(
        self,
        picture: Picture | JpegPicture,
        timestamp_ns: int | None,
        now_ns: int,
        values: ParameterValues | None = None,
    ) -> int | None:
        """Record a picture; return how long it has been repeated, `None` if it is new.

        `timestamp_ns` is the sender's, on any clock. `values` are the parameters that the picture
        was captured with at a client's request.
        """
        key = frozenset(values.items()) if isinstance(values, Mapping) else values
        last = self._seen.pop(key, None)
        has_new_timestamp = timestamp_ns is not None and (
            last is None or timestamp_ns != last.timestamp_ns
        )
        content: Picture | JpegPicture | int | None = picture
        if values is not None:
            content = None if has_new_timestamp else _checksum(picture)
        is_same = last is not None and not has_new_timestamp and _same(last.content, content)
        since_ns = last.since_ns if last is not None and is_same else now_ns
        if values is None:
            since_ns = now_ns if self._has_gap else since_ns
            self._has_gap = False
        self._seen[key] = _Seen(content, timestamp_ns, since_ns)
        if len(self._seen) > MAX_PARAMETER_SETS:
            del self._seen[next(iter(self._seen))]
        return now_ns - since_ns if is_same else None


def _checksum(picture: Picture | JpegPicture) -> int:
    return zlib.crc32(picture.data if isinstance(picture, JpegPicture) else picture.pixels.data)


def _same(first: object, second: object) -> bool:
    if isinstance(first, Picture) and isinstance(second, Picture):
        return first.layout is second.layout and _same_pixels(first, second)
    if isinstance(first, JpegPicture) and isinstance(second, JpegPicture):
        return first.data == second.data
    return isinstance(first, int) and first == second


def _same_pixels(first: Picture, second: Picture) -> bool:
    if first.pixels.shape != second.pixels.shape:
        return False
    sample = slice(None, None, SAMPLE_STEP_PX)
    return np.array_equal(
        first.pixels[sample, sample], second.pixels[sample, sample]
    ) and np.array_equal(first.pixels, second.pixels)
