"""Complete synthetic pictures."""

import numpy as np

from spot_webcam.domain.media.image import Layout, Pixels
from spot_webcam.fakes.cameras.patterns.background import background
from spot_webcam.fakes.cameras.patterns.ball import Ball
from spot_webcam.fakes.cameras.patterns.bar_code import BarCode, strip_rows
from spot_webcam.fakes.cameras.patterns.label import Label

# Depths in place of black and white: both are in a camera's range.
NEAR_MM, FAR_MM = 500, 5500


class Pattern:
    """Pictures of one camera, each a pure function of its sequence number.

    At the top a bar code of the number (see `read_sequence`), at the bottom the number and the
    time since the first picture as text, between them a bouncing ball. Minimum size: 64x48.
    """

    def __init__(self, cols: int, rows: int, seed: int, layout: Layout, fps: float) -> None:
        self._fps = fps
        deep = layout is Layout.DEPTH16
        shape = () if layout.channels == 1 else (layout.channels,)
        white = np.full(shape, FAR_MM if deep else 2**layout.bits - 1, layout.dtype)
        black = np.full(shape, NEAR_MM if deep else 0, layout.dtype)
        if layout.channels == 4:
            black[3] = 255
        self._label = Label(cols, rows, white)
        self._bar_code = BarCode(cols, rows, black, white)
        band_rows = self._label.band_rows
        self._ball = Ball(cols, strip_rows(rows), rows - band_rows, seed, layout)
        self._background = background(cols, rows, seed, layout, band_rows)

    def frame(self, sequence: int) -> Pixels:
        """Return a new array of the layout's shape and dtype."""
        pixels: Pixels = self._background.copy()
        self._ball.draw(pixels, sequence)
        self._bar_code.write(pixels, sequence)
        self._label.write(pixels, sequence, sequence / self._fps)
        return pixels
