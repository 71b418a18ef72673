"""Validity of pictures: damaged and black ones are refused (ADR 10)."""

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from spot_webcam.domain.errors import BlackFrame
from spot_webcam.domain.media.grayscale import to_grayscale
from spot_webcam.domain.media.image import (
    THUMBNAIL_SHRINK,
    JpegPicture,
    Layout,
    Picture,
    Pixels,
)
from spot_webcam.domain.timing import NANOSECONDS

# The JPEG to serve, which may be mended, and its pixels, which were decoded to validate it; `None`
# if there was nothing to decode.
Validated: TypeAlias = "tuple[JpegPicture, Picture] | None"
# The number is the divisor of the pixels' size: 1, 2, 4 or 8. An invalid picture raises
# `CorruptFrame`.
FrameValidator: TypeAlias = "Callable[[Picture | JpegPicture, int], Validated]"


# How often a JPEG is validated while no client asks for it.
PERIOD_NS = NANOSECONDS
# By the bits of a pixel: a picture with a sample above this is not black. The noise of a covered
# sensor is below. Of 16 bits a sensor may use few: a FLIR Lepton with gain control uses 8.
MAX_BLACK_LEVEL = {8: 16, 16: 64}
# By how many standard deviations a dark picture must differ from noise to show something.
MIN_SIGNIFICANCE = 5.0
# Step between the compared pixels in both directions; few lines of light fit between them.
SAMPLE_STEP_PX = 8
# Step between the compared pixels that are looked at first.
FIRST_STEP = 8

_COLOURED = (Layout.RGBA8, Layout.BGRA8)


def frame_validator(
    examine: Callable[[JpegPicture, int], tuple[JpegPicture, Picture]] | None,
) -> FrameValidator:
    """Return a function that refuses damaged and black pictures.

    `examine` is that of an `ImageCodec`. Without it every JPEG is accepted.
    """

    def validate(picture: Picture | JpegPicture, shrink: int) -> Validated:
        if isinstance(picture, Picture):
            refuse_black(picture, every_px=SAMPLE_STEP_PX)
        elif examine is not None:
            jpeg, decoded = examine(picture, shrink)
            if not _is_bright(decoded, THUMBNAIL_SHRINK // shrink):
                thumbnail = decoded
                if shrink != THUMBNAIL_SHRINK:
                    _, thumbnail = examine(jpeg, THUMBNAIL_SHRINK)
                refuse_black(_grey(thumbnail), every_px=1)
            return jpeg, decoded
        return None

    return validate


def _is_bright(picture: Picture, block_px: int) -> bool:
    """Whether a block is so green or grey that its thumbnail cannot be black: luma is 0.59 green.

    Blocks at a distance from each other are looked at: nearly every picture is bright.
    """
    pixels = picture.pixels if picture.pixels.ndim == 2 else picture.pixels[:, :, 1]
    rows, cols = (size // block_px for size in pixels.shape)
    blocks = pixels[: rows * block_px, : cols * block_px].reshape(rows, block_px, cols, block_px)
    means = blocks[::FIRST_STEP, :, ::FIRST_STEP].mean(axis=(1, 3))
    return bool(np.max(means, initial=0.0) > 2 * MAX_BLACK_LEVEL[8])


def _grey(picture: Picture) -> Picture:
    return picture if picture.layout is Layout.GREY8 else to_grayscale(picture)


def refuse_black(picture: Picture, *, every_px: int) -> None:
    """Refuse a picture whose sampled pixels are all dark, and show nothing but noise.

    Depth is accepted: a depth of 0 everywhere is open sky.

    Raises:
        BlackFrame: the sampled pixels have no information.
    """
    if picture.layout is Layout.DEPTH16:
        return
    pixels = picture.pixels[::every_px, ::every_px]
    if picture.layout in _COLOURED:
        pixels = pixels[:, :, :3]
    blackest = MAX_BLACK_LEVEL[picture.layout.bits]
    # A few pixels decide for nearly every picture; each one costs a cache line.
    few = pixels[::FIRST_STEP, ::FIRST_STEP]
    if int(np.max(few)) > blackest or int(np.max(pixels)) > blackest or _has_structure(pixels):
        return
    raise BlackFrame("the picture is black all over: is the lens covered, or the sensor dead?")


def _has_structure(samples: Pixels) -> bool:
    """Return whether neighbours are more alike than any two samples: not so in noise.

    The mean square of their differences is twice the variance in noise, and less in a scene: von
    Neumann's ratio, whose standard deviation is about one by the root of the number of differences.
    """
    values = samples.astype(np.float64).reshape(*samples.shape[:2], -1).sum(axis=2)
    squares = np.concatenate([np.square(np.diff(values, axis=axis)).ravel() for axis in (0, 1)])
    max_ratio = 1 - MIN_SIGNIFICANCE / math.sqrt(max(1, squares.size))
    return bool(squares.sum() < max_ratio * 2 * values.var() * squares.size)


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
