"""Conversion of ideal colours to the pixels of a layout.

Uses only sums, products and roots, whose rounding IEEE 754 defines: frames are equal everywhere.
"""

import colorsys

import numpy as np
import numpy.typing as npt

from spot_webcam.domain.media.image import Layout, Pixels

# Red, green and blue in 0 to 1, `(rows, cols, 3)`.
Colours = npt.NDArray[np.float32]

# ITU-R BT.601 luma.
RED, GREEN, BLUE = 0.299, 0.587, 0.114
# Multiples of the golden ratio are spread evenly over 0 to 1.
GOLDEN = 0.6180339887498949

_ORDER = {
    Layout.RGB8: (0, 1, 2),
    Layout.BGR8: (2, 1, 0),
    Layout.RGBA8: (0, 1, 2),
    Layout.BGRA8: (2, 1, 0),
}


def spread(number: int) -> float:
    """Return a value in [0, 1) that is far from those of the neighbouring numbers."""
    return (number * GOLDEN) % 1.0


def colour(hue: float, saturation: float, value: float) -> Colours:
    """Return red, green and blue, `(3,)`."""
    return np.array(colorsys.hsv_to_rgb(hue % 1.0, saturation, value), np.float32)


def to_layout(colours: Colours, layout: Layout) -> Pixels:
    """Return pixels of any layout but depth; opaque if the layout has alpha."""
    order = _ORDER.get(layout)
    if order is None:
        luma = colours[..., 0] * np.float32(RED)
        luma += colours[..., 1] * np.float32(GREEN)
        luma += colours[..., 2] * np.float32(BLUE)
        full = np.float32(255 if layout is Layout.GREY8 else 65535)
        grey: Pixels = (luma * full + np.float32(0.5)).astype(layout.dtype)
        return grey
    pixels = np.full((*colours.shape[:2], layout.channels), 255, np.uint8)
    for channel, primary in enumerate(order):
        pixels[..., channel] = colours[..., primary] * np.float32(255) + np.float32(0.5)
    return pixels
