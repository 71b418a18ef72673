"""Static background of synthetic pictures, drawn once per camera."""

import numpy as np
import numpy.typing as npt

from spot_webcam.domain.media.image import Layout, Pixels
from spot_webcam.fakes.cameras.patterns.colours import Colours, colour, spread, to_layout

# From 0 at the top to 1 at the bottom.
Heights = npt.NDArray[np.float32]

LIGHTS = 7
BAND_SHADE = np.float32(0.4)

# Depths in millimetres: a wall, a sloping floor, pillars on it.
WALL_MM, FLOOR_NEAREST_MM = 6000, 900
PILLARS_MM = (3600, 2300)
HORIZON = 0.35

# Rows that are drawn at once: ideal colours take twelve bytes a pixel.
DRAWN_ROWS = 128


def background(cols: int, rows: int, seed: int, layout: Layout, band_rows: int) -> Pixels:
    """Return the picture without strip, ball and label; the label's band is darkened."""
    if layout is Layout.DEPTH16:
        return _room(cols, rows, seed)
    shape = (rows, cols) if layout.channels == 1 else (rows, cols, layout.channels)
    pixels: Pixels = np.empty(shape, layout.dtype)
    heights = np.linspace(0, 1, rows, dtype=np.float32)
    for top in range(0, rows, DRAWN_ROWS):
        drawn = slice(top, top + DRAWN_ROWS)
        colours = _gradient(cols, heights[drawn], seed)
        for light in range(LIGHTS):
            _shine(colours, rows, top, seed, light)
        colours[max(0, rows - band_rows - top) :] *= BAND_SHADE
        pixels[drawn] = to_layout(colours, layout)
    return pixels


def _gradient(cols: int, heights: Heights, seed: int) -> Colours:
    hue = 0.58 + spread(seed)
    x = np.linspace(0, 1, cols, dtype=np.float32)[:, np.newaxis]
    y = heights[:, np.newaxis, np.newaxis]
    one = np.float32(1)
    top = colour(hue, 0.62, 0.62) * (one - x) + colour(hue + 0.12, 0.55, 0.78) * x
    bottom = colour(hue + 0.2, 0.45, 0.95) * (one - x) + colour(hue + 0.38, 0.42, 0.98) * x
    mixed: Colours = top * (one - y) + bottom * y
    return mixed


def _shine(colours: Colours, rows: int, first_row: int, seed: int, light: int) -> None:
    """Add a soft disc, like a lamp out of focus, to some of the rows of a picture."""
    drawn_rows, cols, _ = colours.shape
    number = seed + 3 + light
    radius = int(rows * (0.06 + 0.02 * light)) + 2
    x = int(spread(number) * cols)
    y = int(spread(number * number) * rows)
    left, top = max(0, x - radius), max(first_row, y - radius)
    bottom = min(first_row + drawn_rows, y + radius)
    if top >= bottom:
        return
    place = colours[top - first_row : bottom - first_row, left : x + radius]
    dx = np.arange(left, left + place.shape[1], dtype=np.float32) - np.float32(x)
    dy = np.arange(top, top + place.shape[0], dtype=np.float32) - np.float32(y)
    distance = np.sqrt(dy[:, np.newaxis] * dy[:, np.newaxis] + dx * dx)
    edge = np.clip((np.float32(radius) - distance) / np.float32(radius * 0.15), 0, 1)
    opacity = (edge * np.float32(0.16))[..., np.newaxis]
    place += (np.float32(1) - place) * opacity


def _room(cols: int, rows: int, seed: int) -> Pixels:
    depths = np.full((rows, cols), WALL_MM, np.uint16)
    horizon = int(rows * HORIZON)
    # Depth along a flat floor is proportional to 1 / (distance below the horizon).
    below = np.linspace(0, 1, rows - horizon)
    nearness = 1 / WALL_MM + below * (1 / FLOOR_NEAREST_MM - 1 / WALL_MM)
    depths[horizon:] = (1 / nearness + 0.5).astype(np.uint16)[:, np.newaxis]
    for number, depth_mm in enumerate(PILLARS_MM):
        left = int(spread(seed * len(PILLARS_MM) + number + 1) * cols * 0.85)
        pillar = depths[:, left : left + cols // (14 - 4 * number)]
        np.minimum(pillar, depth_mm, out=pillar)
    return depths
