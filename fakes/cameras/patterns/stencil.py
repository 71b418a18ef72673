"""Patterns that replace the ball in synthetic pictures, and text in them."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from spot_webcam.domain.media.image import Layout, Picture, Pixels
from spot_webcam.fakes.cameras.patterns.bar_code import strip_rows
from spot_webcam.fakes.cameras.patterns.colours import Colours, to_layout
from spot_webcam.fakes.cameras.patterns.label import Label
from spot_webcam.fakes.cameras.patterns.pattern import FAR_MM, NEAR_MM

BALL = "ball"
# Standard colour bars: white, yellow, cyan, green, magenta, red, blue, black.
_BARS = np.array(
    [(1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1), (0, 0, 0)],
    np.float32,
)
CHECKERS_ACROSS = 16


def _bars(rows: int, cols: int) -> Colours:
    bars = _BARS[np.arange(cols) * len(_BARS) // cols]
    return np.broadcast_to(bars, (rows, cols, 3))


def _checkers(rows: int, cols: int) -> Colours:
    side = max(1, cols // CHECKERS_ACROSS)
    row, col = np.arange(rows)[:, np.newaxis] // side, np.arange(cols) // side
    return _grey(((row + col) % 2).astype(np.float32))


def _ramp(rows: int, cols: int) -> Colours:
    return _grey(np.broadcast_to(np.linspace(0, 1, cols, dtype=np.float32), (rows, cols)))


def _grey(shades: npt.NDArray[np.float32]) -> Colours:
    return np.broadcast_to(shades[..., np.newaxis], (*shades.shape, 3))


_MAKERS: dict[str, Callable[[int, int], Colours]] = {
    "bars": _bars,
    "checkers": _checkers,
    "ramp": _ramp,
}
# The first one does not change pictures.
STENCILS = (BALL, *_MAKERS)


class Stencils:
    """Draws into pictures between bar code and label. Caches the last pattern."""

    def __init__(self) -> None:
        self._made: tuple[tuple[str, int, int, Layout], Pixels] | None = None
        self._label: tuple[tuple[int, int, Layout], Label] | None = None

    def fill(self, picture: Picture, name: str) -> Picture:
        """Return the picture with the stencil of that name, any but the ball."""
        layout = picture.layout
        top = strip_rows(picture.rows)
        bottom = picture.rows - self._label_of(picture).band_rows
        key = (name, picture.rows, picture.cols, layout)
        if self._made is None or self._made[0] != key:
            colours = _MAKERS[name](bottom - top, picture.cols)
            self._made = key, _pixels(colours, layout)
        pixels = picture.pixels.copy()
        pixels[top:bottom] = self._made[1]
        return Picture(pixels, layout)

    def write(self, picture: Picture, text: str) -> Picture:
        """Return the picture with a line of text above its label, cut off at the right edge."""
        pixels = picture.pixels.copy()
        self._label_of(picture).write_over(pixels, text)
        return Picture(pixels, picture.layout)

    def _label_of(self, picture: Picture) -> Label:
        key = (picture.cols, picture.rows, picture.layout)
        if self._label is None or self._label[0] != key:
            self._label = key, Label(picture.cols, picture.rows, _white(picture.layout))
        return self._label[1]


def _pixels(colours: Colours, layout: Layout) -> Pixels:
    if layout is not Layout.DEPTH16:
        return to_layout(colours, layout)
    depths: Pixels = (NEAR_MM + colours.mean(axis=2) * (FAR_MM - NEAR_MM)).astype(np.uint16)
    return depths


def _white(layout: Layout) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
    shape = () if layout.channels == 1 else (layout.channels,)
    deep = layout is Layout.DEPTH16
    return np.full(shape, FAR_MM if deep else 2**layout.bits - 1, layout.dtype)
