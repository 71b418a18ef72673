"""Bar code of a frame's sequence number along the top of the picture.

48 black or white cells in 3 lines of 16, row by row: the number's 32 bits, highest first, then a
checksum of 16 bits. The strip is a sixteenth of the picture's height, or an eighth or a quarter of
a low picture, so that a cell has at least 4x4 pixels: it stays readable after JPEG at quality 50,
conversion to grey and scaling to half the size. The cells of a number never have all one colour.
"""

import itertools
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from spot_webcam.domain.media.image import Pixels

LINES, CELLS_PER_LINE = 3, 16
MIN_STRIP_PX = 4 * LINES
HEIGHT_DIVISORS = (16, 8, 4)
# A cell whose brightness is nearer to the middle than this part of the range is unreadable.
UNSURE = 0.05
# Scaling an odd size to half may drop half a pixel of the result.
DROPPED_PX = (0.0, 0.5)
# Minimum distance of black and white, as a part of white.
MIN_CONTRAST = 0.25

Cells = npt.NDArray[np.bool_]


def strip_rows(rows: int) -> int:
    """Return the strip's height in a picture of this height."""
    return _edges(rows, LINES * _divisor(rows), LINES)[-1]


class BarCode:
    """Writes the bar code into pictures of one size.

    `black` and `white` are one pixel each: `(channels,)`, or a scalar.
    """

    def __init__(
        self, cols: int, rows: int, black: npt.NDArray[Any], white: npt.NDArray[Any]
    ) -> None:
        edges = _edges(cols, CELLS_PER_LINE, CELLS_PER_LINE)
        self._cell_of_col = np.repeat(np.arange(CELLS_PER_LINE), np.diff(edges))
        self._lines = _edges(rows, LINES * _divisor(rows), LINES)
        self._colours = np.stack((black, white))

    def write(self, pixels: Pixels, sequence: int) -> None:
        """Write the number's lowest 32 bits over the top of the picture."""
        cells = _encode(sequence).astype(np.intp)[:, self._cell_of_col]
        for line, (top, bottom) in enumerate(zip(self._lines, self._lines[1:], strict=False)):
            pixels[top:bottom] = self._colours[cells[line]]


def read_sequence(pixels: Pixels) -> int | None:
    """Return the sequence number that a synthetic picture shows, `None` if there is none.

    `pixels` is `(rows, cols)` or `(rows, cols, channels)` in any order with alpha last, of
    `uint8` or `uint16`; scaling to half the size, conversion to grey and JPEG are tolerated.
    """
    if pixels.shape[0] < LINES * 2 or pixels.shape[1] < CELLS_PER_LINE:
        return None
    for divisor, dropped_px in itertools.product(HEIGHT_DIVISORS, DROPPED_PX):
        sequence = _decode(_brightness(pixels, divisor, dropped_px))
        if sequence is not None:
            return sequence
    return None


def _divisor(rows: int) -> int:
    return next(divisor for divisor in HEIGHT_DIVISORS if rows // divisor >= MIN_STRIP_PX)


def _edges(length: int, parts: int, count: int) -> list[int]:
    """Return where the first `count` of `parts` equal parts of a length begin and end."""
    return [(2 * part * length + parts) // (2 * parts) for part in range(count + 1)]


def _checksum(number: bytes) -> int:
    # Without the mask, the cells of 0 and 2**32 - 1 would have one colour.
    return (zlib.crc32(number) & 0xFFFF) ^ 0xA5A5


def _encode(sequence: int) -> Cells:
    number = (sequence & 0xFFFFFFFF).to_bytes(4, "big")
    word = number + _checksum(number).to_bytes(2, "big")
    bits = np.unpackbits(np.frombuffer(word, np.uint8))
    return bits.astype(np.bool_).reshape(LINES, CELLS_PER_LINE)


def _brightness(pixels: Pixels, divisor: int, dropped_px: float) -> npt.NDArray[np.float64]:
    rows, cols = pixels.shape[:2]
    cell_rows = (rows + dropped_px) / (LINES * divisor)
    cell_cols = (cols + dropped_px) / CELLS_PER_LINE
    levels = np.empty((LINES, CELLS_PER_LINE))
    for line, cell in np.ndindex(LINES, CELLS_PER_LINE):
        y, x = int((line + 0.5) * cell_rows), int((cell + 0.5) * cell_cols)
        dy, dx = int(cell_rows / 4), int(cell_cols / 4)
        centre = pixels[y - dy : y + dy + 1, x - dx : x + dx + 1]
        levels[line, cell] = (centre if pixels.ndim == 2 else centre[..., :3]).mean()
    return levels


def _decode(levels: npt.NDArray[np.float64]) -> int | None:
    black, white = float(levels.min()), float(levels.max())
    if white - black <= MIN_CONTRAST * white:
        return None
    relative = (levels - black) / (white - black) - 0.5
    if float(np.abs(relative).min()) < UNSURE:
        return None
    word = np.packbits(relative > 0).tobytes()
    number, checksum = word[:4], int.from_bytes(word[4:], "big")
    return int.from_bytes(number, "big") if checksum == _checksum(number) else None
