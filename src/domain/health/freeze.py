"""Senders that are frozen: one picture, again and again, with no new time stamps."""

import zlib
from dataclasses import dataclass, field

import numpy as np

from spot_webcam.domain.media.image import Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.sources.parameters import ParameterValues

# Of a picture's pixels, in both directions: live ones differ in the first look at so few.
LOOK_EVERY_PX = 16
# Sets of parameters whose last pictures are remembered.
MAX_REMEMBERED = 16


@dataclass(slots=True)
class FreezeDetector:
    """Tells a repeated picture from a new one. Not thread-safe.

    A sender that tells a new time is alive, whatever it shows: a screen may stand still. Without
    times, noise makes every live picture a new one.
    """

    _last: "Picture | JpegPicture | None" = None
    _stamp_ns: int | None = None
    _since_ns: int = 0

    def lasting_ns(
        self, picture: Picture | JpegPicture, stamp_ns: int | None, now_ns: int
    ) -> int | None:
        """Take note of a picture; return how long it has been repeated, `None` for a new one.

        `stamp_ns` is the time that the sender tells of it, of any origin, if it tells one.
        """
        told_anew = stamp_ns is not None and stamp_ns != self._stamp_ns
        self._stamp_ns = stamp_ns
        if not told_anew and self._last is not None and _same(self._last, picture):
            return now_ns - self._since_ns
        self._last = picture
        self._since_ns = now_ns
        return None


@dataclass(frozen=True, slots=True)
class _Seen:
    # None: its time told that it was new.
    checksum: int | None
    stamp_ns: int | None
    since_ns: int


@dataclass(slots=True)
class OrderedFreezeDetector:
    """The same for pictures with parameters, which may change what a frozen sender sends.

    So pictures of one set are held against each other. Of each only a checksum is kept: there are
    many, and those of senders that tell times need none. Not thread-safe.
    """

    _seen: "dict[object, _Seen]" = field(default_factory=dict)

    def lasting_ns(
        self,
        values: ParameterValues,
        picture: Picture | JpegPicture,
        stamp_ns: int | None,
        now_ns: int,
    ) -> int | None:
        """Take note of a picture; return how long it has been repeated, `None` for a new one."""
        key = values if isinstance(values, bytes) else frozenset(values.items())
        last = self._seen.pop(key, None)
        told_anew = stamp_ns is not None and (last is None or stamp_ns != last.stamp_ns)
        checksum = None if told_anew else _checksum(picture)
        is_same = last is not None and checksum is not None and checksum == last.checksum
        since_ns = last.since_ns if last is not None and is_same else now_ns
        self._seen[key] = _Seen(checksum, stamp_ns, since_ns)
        if len(self._seen) > MAX_REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return now_ns - since_ns if is_same else None


def _checksum(picture: Picture | JpegPicture) -> int:
    return zlib.crc32(picture.data if isinstance(picture, JpegPicture) else picture.pixels.data)


def _same(one: Picture | JpegPicture, other: Picture | JpegPicture) -> bool:
    if isinstance(one, JpegPicture) or isinstance(other, JpegPicture):
        return (
            isinstance(one, JpegPicture)
            and isinstance(other, JpegPicture)
            and one.data == other.data
        )
    if one.layout is not other.layout or one.pixels.shape != other.pixels.shape:
        return False
    looks = slice(None, None, LOOK_EVERY_PX)
    some_differ = not np.array_equal(one.pixels[looks, looks], other.pixels[looks, looks])
    return not some_differ and np.array_equal(one.pixels, other.pixels)
