"""Label along the bottom of the picture: sequence number and time."""

from typing import Any

import numpy as np
import numpy.typing as npt

from spot_webcam.domain.media.image import Pixels
from spot_webcam.fakes.cameras.patterns.font import ADVANCE, FONT, GLYPH_ROWS, drawable

Mask = npt.NDArray[np.bool_]

# Narrower pictures have the number above the time.
ONE_LINE_COLS = 160
# Characters of number and time.
_NEEDED = "0123456789.#s"


class Label:
    """Writes text into pictures of one size; text that does not fit is cut off.

    `ink` is one pixel: `(channels,)`, or a scalar. The label is the lowest `band_rows` rows.
    """

    def __init__(self, cols: int, rows: int, ink: npt.NDArray[Any]) -> None:
        self._scale = max(1, min(cols // ONE_LINE_COLS, rows // 64))
        self._cols, self._ink = cols, ink
        self._ground = ink // 5
        if ink.shape == (4,):
            self._ground[3] = ink[3]
        self._one_line = cols >= ONE_LINE_COLS
        self._line_rows = (GLYPH_ROWS + 2) * self._scale
        self.band_rows = self._line_rows * (1 if self._one_line else 2) + self._scale
        self._top = rows - self.band_rows + 3 * self._scale // 2
        # Masks and ink have the shape of a glyph's pixels: broadcasting makes numpy several times
        # slower.
        self._masks = {character: self._mask(FONT[character]) for character in _NEEDED}
        self._glyph_of_ink = np.full_like(self._masks["0"], ink, dtype=ink.dtype)

    def write(self, pixels: Pixels, sequence: int, seconds: float) -> None:
        """Write `#sequence` and the seconds into the picture."""
        margin = 2 * self._scale
        number, time = f"#{sequence}", f"{seconds:.2f}s"
        self._write(pixels, number, margin, self._top)
        if self._one_line:
            self._write(pixels, time, self._cols - margin - self._width(time), self._top)
        else:
            self._write(pixels, time, margin, self._top + self._line_rows)

    def write_over(self, pixels: Pixels, text: str) -> None:
        """Write any text into the line above the band; characters without a glyph become '?'."""
        text = drawable(text)
        for character in text:
            if character not in self._masks:
                self._masks[character] = self._mask(FONT[character])
        left, top = 2 * self._scale, self._top - self._line_rows - self._scale
        right, bottom = left + self._width(text) + self._scale, top + self._line_rows - self._scale
        # With a background of its own, to be readable on white too.
        pixels[top - self._scale : bottom, left - self._scale : right] = self._ground
        self._write(pixels, text, left, top)

    def _width(self, text: str) -> int:
        return (len(text) * ADVANCE - 1) * self._scale

    def _write(self, pixels: Pixels, text: str, left: int, top: int) -> None:
        for character in text:
            mask = self._masks[character]
            place = pixels[top : top + len(mask), left : left + mask.shape[1]]
            width = place.shape[1]
            np.copyto(place, self._glyph_of_ink[:, :width], where=mask[:, :width])
            left += ADVANCE * self._scale

    def _mask(self, lines: tuple[str, ...]) -> Mask:
        points = np.array([[point == "#" for point in line] for line in lines])
        mask = points.repeat(self._scale, axis=0).repeat(self._scale, axis=1)
        full: Mask = np.broadcast_to(mask.T, (*self._ink.shape, *mask.T.shape)).T.copy()
        return full
