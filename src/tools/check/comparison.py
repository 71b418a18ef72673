"""Comparison of pictures: averages over coarse grids, of pictures of one frame."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spot_webcam.domain.media.image import Pixels
from spot_webcam.tools.check.decoding import Undecodable, decoded
from spot_webcam.tools.check.findings import CheckFailed, skipped
from spot_webcam.tools.check.replies import acquired_ns
from spot_webcam.tools.check.service import OK, ServiceUnderTest

# Calls until both pictures of one call are of the same frame.
_ATTEMPTS = 5
# Cells of the grid over which each channel is averaged: no noise, no detail that resizing loses.
_GRID = 16
# Mean difference over the grid, in levels of 256, that two pictures of one frame never reach.
DIFFERENT = 24.0
# Deviation over the grid: below, a picture is uniform; above, it has content.
_FLAT, _STRUCTURED = 0.5, 4.0
# A turned picture must fit so many times better, and the straight one be at least so far off.
_CLEARLY, _NOTICEABLE = 3.0, 4.0

Grid = npt.NDArray[np.float64]
# What undoes each way of turning.
_TURNS: "dict[str, Callable[[Grid], Grid]]" = {
    "upside down": lambda grid: grid[::-1],
    "mirrored": lambda grid: grid[:, ::-1],
    "turned by 180 degrees": lambda grid: grid[::-1, ::-1],
    "turned by a quarter to the left": lambda grid: np.rot90(grid, -1),
    "turned by a quarter to the right": np.rot90,
}


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Pixels of two pictures, red first, and whether they have the same acquisition time."""

    first: Pixels
    second: Pixels
    same_frame: bool


def pair_of_one_frame(target: ServiceUnderTest, *requests: Any) -> Pair:
    """Request two pictures in one call, again while they are of different frames.

    Raises:
        CheckFailed: there are not two pictures.
    """
    for _ in range(_ATTEMPTS):
        answers = target.get_answers(*requests).response.image_responses
        same_frame = acquired_ns(answers[0]) == acquired_ns(answers[1]) != 0
        if same_frame:
            break
    if any(answer.status != OK for answer in answers):
        raise CheckFailed(skipped("it does not serve both", "see the listed formats"))
    try:
        first, second = (decoded(answer.shot.image) for answer in answers)
    except Undecodable as error:
        reason = f"a picture does not decode: {error}"
        raise CheckFailed(skipped(reason, "see the listed formats")) from error
    return Pair(first, second, same_frame)


def difference(first: Pixels, second: Pixels) -> float:
    """Return the mean difference of two pictures in levels, whatever their sizes.

    Swapped red and blue are not a difference: another check finds them.
    """
    return _difference(*_grids(first, second))


def is_empty_beside(first: Pixels, second: Pixels) -> bool:
    """Whether the first picture is uniform where the second has content."""
    one, other = (grid.std(axis=(0, 1)).max() for grid in _grids(first, second))
    return bool(one < _FLAT and other > _STRUCTURED)


def turned(first: Pixels, second: Pixels) -> str | None:
    """Return how the first picture is turned against the second, `None` if it is not."""
    one, other = _grids(first, second)
    straight = _difference(one, other)
    if straight < _NOTICEABLE:
        return None
    for way, turn in _TURNS.items():
        shown = turn(one)
        if shown.shape == other.shape and _difference(shown, other) * _CLEARLY < straight:
            return way
    return None


def grid_means(pixels: Pixels, rows: int, cols: int) -> Grid:
    """Return the means over the cells of a grid, `(rows, cols, channels)`."""
    row_edges = np.linspace(0, pixels.shape[0], rows + 1).astype(np.intp)
    col_edges = np.linspace(0, pixels.shape[1], cols + 1).astype(np.intp)
    by_row = np.add.reduceat(pixels, row_edges[:-1], axis=0, dtype=np.float64)
    sums = np.add.reduceat(by_row, col_edges[:-1], axis=1)
    means: Grid = sums / np.outer(np.diff(row_edges), np.diff(col_edges))[..., None]
    return means


def _difference(first: Grid, second: Grid) -> float:
    return float(min(np.abs(first - second).mean(), np.abs(first - second[..., ::-1]).mean()))


def _grids(first: Pixels, second: Pixels) -> tuple[Grid, Grid]:
    sides = zip(first.shape[:2], second.shape[:2], strict=True)
    rows, cols = (min(_GRID, *lengths) for lengths in sides)
    return grid_means(first, rows, cols), grid_means(second, rows, cols)
