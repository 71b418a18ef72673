"""Sharpness and brightness of a picture, for an operator who wants to know why it looks bad."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spot_webcam.domain.media.grayscale import to_grayscale
from spot_webcam.domain.media.image import THUMBNAIL_SHRINK, Layout, Picture, Pixels

WHITE = 255.0


@dataclass(frozen=True, slots=True)
class PictureQuality:
    """What the thumbnail of a picture shows: means of blocks of 8x8 pixels, in luma of 8 bits.

    `sharpness` is the variance of its Laplacian, in squared grey levels: 0 for a uniform picture,
    hundreds for one with edges. It finds fog, a dirty lens and a wrong focus, and no fine blur.
    `brightness` is its mean: 0 is black, 1 is white.
    """

    sharpness: float
    brightness: float


def picture_quality(picture: Picture, shrink: int = 1) -> PictureQuality | None:
    """Return the quality of a picture whose size was divided by `shrink` already: 1, 2, 4 or 8.

    `None` for pictures of 16 bits, whose samples are no light or have no fixed white, and for those
    of less than three blocks in a direction.

    Variance of the Laplacian: Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy,
    ICPR 2000.
    """
    if picture.layout.bits != 8:
        return None
    grey = picture if picture.layout is Layout.GREY8 else to_grayscale(picture)
    thumbnail = _block_means(grey.pixels, THUMBNAIL_SHRINK // shrink)
    if min(thumbnail.shape) < 3:
        return None
    inner = thumbnail[1:-1, 1:-1]
    neighbours = thumbnail[:-2, 1:-1] + thumbnail[2:, 1:-1] + thumbnail[1:-1, :-2]
    laplacian = neighbours + thumbnail[1:-1, 2:] - 4 * inner
    return PictureQuality(float(laplacian.var()), float(thumbnail.mean()) / WHITE)


def _block_means(pixels: Pixels, block_px: int) -> npt.NDArray[np.float64]:
    """Return the means of whole square blocks."""
    rows, cols = (size // block_px for size in pixels.shape)
    whole = pixels[: rows * block_px, : cols * block_px].reshape(rows, block_px, cols * block_px)
    # First whole lines, which numpy adds several samples at a time. At most 255 * 8.
    lines = whole.sum(axis=1, dtype=np.uint16).reshape(rows, cols, block_px)
    return np.asarray(lines.sum(axis=2) / float(block_px * block_px), np.float64)
