"""Brightness adjustment of pictures."""

import numpy as np

from spot_webcam.domain.media.image import Picture

# 16-bit levels per 8-bit level.
LEVELS_OF_16_BITS = 257


def brightened(picture: Picture, levels: int) -> Picture:
    """Return the picture with `levels` 8-bit levels added, saturating; alpha is unchanged."""
    pixels = picture.pixels.copy()
    shades = pixels[..., :3] if picture.layout.channels == 4 else pixels
    kind = picture.layout.dtype.type
    step = kind(abs(levels) * (1 if picture.layout.bits == 8 else LEVELS_OF_16_BITS))
    if levels > 0:
        np.minimum(shades, kind(np.iinfo(kind).max) - step, out=shades)
        shades += step
    else:
        np.maximum(shades, step, out=shades)
        shades -= step
    return Picture(pixels, picture.layout)
