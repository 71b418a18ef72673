"""Whether two pictures of 8 bits with the same channels show the same, whatever their sizes."""

import numpy as np
import numpy.typing as npt

from spot_webcam.domain.media.image import Pixels

# Fields of the grid over which each channel is averaged: no noise, no detail that resizing loses.
_GRID = 16
# Levels of 256, in the mean over the grid, by which pictures of one frame never differ.
DIFFERENT = 24.0
# Of the deviation over the grid: a picture of less shows nothing, one of more shows something.
_FLAT, _STRUCTURED = 0.5, 4.0
# One way of looking at it must fit so much better than the other, and the other be so far off.
_CLEARLY, _NOTICEABLE = 3.0, 4.0

Grid = npt.NDArray[np.float64]
_TURNS = {
    "upside down": (slice(None, None, -1), slice(None)),
    "mirrored": (slice(None), slice(None, None, -1)),
    "turned by 180 degrees": (slice(None, None, -1), slice(None, None, -1)),
}


def difference(one: Pixels, other: Pixels) -> float:
    """Return by how many levels two pictures differ, in the mean.

    Red and blue that are swapped are no difference: that is another question.
    """
    return _difference(*_grids(one, other))


def is_empty_beside(one: Pixels, other: Pixels) -> bool:
    """Tell whether a picture is the same all over where the other shows something."""
    first, second = (grid.std(axis=(0, 1)).max() for grid in _grids(one, other))
    return bool(first < _FLAT and second > _STRUCTURED)


def turned(one: Pixels, other: Pixels) -> str | None:
    """Return in which way a picture is turned to show the other, or `None` if it is not."""
    first, second = _grids(one, other)
    straight = _difference(first, second)
    if straight < _NOTICEABLE:
        return None
    for way, turn in _TURNS.items():
        if _difference(first[turn], second) * _CLEARLY < straight:
            return way
    return None


def _difference(one: Grid, other: Grid) -> float:
    return float(min(np.abs(one - other).mean(), np.abs(one - other[..., ::-1]).mean()))


def _grids(one: Pixels, other: Pixels) -> tuple[Grid, Grid]:
    """Return the means of the fields of a grid over each picture: rows, columns, channels."""
    rows, cols = (min(_GRID, *sides) for sides in zip(one.shape[:2], other.shape[:2], strict=True))
    return _means(one, rows, cols), _means(other, rows, cols)


def _means(pixels: Pixels, rows: int, cols: int) -> Grid:
    row_edges = np.linspace(0, pixels.shape[0], rows + 1).astype(np.intp)
    col_edges = np.linspace(0, pixels.shape[1], cols + 1).astype(np.intp)
    by_row = np.add.reduceat(pixels, row_edges[:-1], axis=0, dtype=np.float64)
    sums = np.add.reduceat(by_row, col_edges[:-1], axis=1)
    means: Grid = sums / np.outer(np.diff(row_edges), np.diff(col_edges))[..., None]
    return means
