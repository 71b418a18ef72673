"""Validity of pictures: damaged and black ones are refused (ADR 10)."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from spot_webcam.domain.errors import BlackFrame
from spot_webcam.domain.media.image import JpegPicture, Layout, Picture
from spot_webcam.domain.timing import NANOSECONDS

# Returns the JPEG to serve instead if its bytes had to be mended. An invalid picture raises
# `CorruptFrame`.
FrameValidator: TypeAlias = "Callable[[Picture | JpegPicture], JpegPicture | None]"

# How often a JPEG is validated while no client asks for it.
PERIOD_NS = NANOSECONDS
# Of 255. Live sensors are noisy in the dark; dead ones and empty buffers are not.
MAX_BLACK_LEVEL = 1
# Step between the compared pixels in both directions; few lines of light fit between them.
SAMPLE_STEP_PX = 8
# Step between the compared pixels that are looked at first.
FIRST_STEP = 8

_COLOURED = (Layout.RGBA8, Layout.BGRA8)


def frame_validator(
    examine: Callable[[JpegPicture], tuple[JpegPicture, Picture]] | None,
) -> FrameValidator:
    """Return a function that refuses damaged and black pictures.

    `examine` is that of an `ImageCodec`. Without it every JPEG is accepted.
    """

    def validate(picture: Picture | JpegPicture) -> JpegPicture | None:
        if isinstance(picture, Picture):
            refuse_black(picture, every_px=SAMPLE_STEP_PX)
        elif examine is not None:
            mended, thumbnail = examine(picture)
            refuse_black(thumbnail, every_px=1)
            return None if mended is picture else mended
        return None

    return validate


def refuse_black(picture: Picture, *, every_px: int) -> None:
    """Refuse a picture whose sampled pixels are all black.

    Depth is accepted: a depth of 0 everywhere is open sky.

    Raises:
        BlackFrame: all sampled pixels are black.
    """
    if picture.layout is Layout.DEPTH16:
        return
    pixels = picture.pixels[::every_px, ::every_px]
    if picture.layout in _COLOURED:
        pixels = pixels[:, :, :3]
    blackest = MAX_BLACK_LEVEL << (picture.layout.bits - 8)
    # A few pixels decide for nearly every picture; each one costs a cache line.
    few = pixels[::FIRST_STEP, ::FIRST_STEP]
    if int(np.max(few)) <= blackest and int(np.max(pixels)) <= blackest:
        raise BlackFrame("the picture is black all over: is the lens covered, or the sensor dead?")


class ValidationSchedule:
    """Schedules background validation: once a second, or every frame after a failure.

    Not thread-safe.
    """

    def __init__(self) -> None:
        self._next_ns: int | None = None
        # Whether the last validated picture was invalid.
        self.is_suspect = False

    def due(self, now_ns: int) -> bool:
        """Return whether the next picture has to be validated."""
        return self.is_suspect or self._next_ns is None or now_ns >= self._next_ns

    def passed(self, now_ns: int) -> None:
        """Record that a picture was validated and is valid."""
        self.is_suspect = False
        self._next_ns = now_ns + PERIOD_NS

    def failed(self) -> None:
        """Record an invalid picture: from now on every picture is validated, until one is valid."""
        self.is_suspect = True
