"""Senders that are frozen: one picture, again and again, with no new time stamps."""

from dataclasses import dataclass

import numpy as np

from spot_webcam.domain.image import Picture
from spot_webcam.domain.jpeg import JpegPicture

# Of a picture's pixels, in both directions: live ones differ in the first look at so few.
LOOK_EVERY_PX = 16


@dataclass(slots=True)
class Repeats:
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
