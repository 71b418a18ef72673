"""Whether what a camera delivered is a picture at all."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from spot_webcam.domain.errors import BlackFrame
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.timing import NANOSECONDS

# Returns if it is one, else raises `CorruptFrame`.
Examine: TypeAlias = "Callable[[Picture | JpegPicture], None]"

# While nobody looks, a JPEG is examined at this pace.
PERIOD_NS = NANOSECONDS
# Of 255. Sensors are noisy in the dark, dead ones and empty buffers are not.
MAX_BLACK_LEVEL = 1
# Of the pixels, in both directions; a line of light would hardly pass between them.
LOOK_EVERY_PX = 8
# Of those, every so many-th first.
FIRST_LOOK = 8

_COLOURED = (Layout.RGBA8, Layout.BGRA8)


def examiner(thumbnail: Callable[[JpegPicture], Picture] | None) -> Examine:
    """Return what examines pictures; `thumbnail` decodes to a small grey one.

    `thumbnail` raises `CorruptFrame` of a JPEG that is damaged within. Without it JPEGs are not
    looked into.
    """

    def examine(picture: Picture | JpegPicture) -> None:
        if isinstance(picture, Picture):
            refuse_black(picture, every_px=LOOK_EVERY_PX)
        elif thumbnail is not None:
            refuse_black(thumbnail(picture), every_px=1)

    return examine


def refuse_black(picture: Picture, *, every_px: int) -> None:
    """Look at some of the pixels; a depth of 0 everywhere is an open sky, and no failure.

    Raises:
        BlackFrame: all of them are black.
    """
    if picture.layout is Layout.DEPTH16:
        return
    pixels = picture.pixels[::every_px, ::every_px]
    if picture.layout in _COLOURED:
        pixels = pixels[:, :, :3]
    blackest = MAX_BLACK_LEVEL << (picture.layout.bits - 8)
    # Of nearly every picture a few pixels tell; each costs memory a line of the cache.
    few = pixels[::FIRST_LOOK, ::FIRST_LOOK]
    if int(np.max(few)) <= blackest and int(np.max(pixels)) <= blackest:
        raise BlackFrame("the picture is black all over: is the lens covered, or the sensor dead?")


class Pace:
    """Says when a picture is to be examined though nobody has asked for it. Thread-safe."""

    def __init__(self) -> None:
        self._next_ns: int | None = None
        # Whether the last one was none.
        self.suspect = False

    def due(self, now_ns: int) -> bool:
        """Whether the time has come, or the last one was none."""
        return self.suspect or self._next_ns is None or now_ns >= self._next_ns

    def passed(self, now_ns: int) -> None:
        """One was examined and is good."""
        self.suspect = False
        self._next_ns = now_ns + PERIOD_NS

    def failed(self) -> None:
        """One was examined and is none: the next ones have to prove themselves."""
        self.suspect = True
