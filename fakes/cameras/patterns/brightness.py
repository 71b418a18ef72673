"""Pictures made brighter or darker."""

import numpy as np

from spot_webcam.domain.media.image import Picture

# One of 8 bits is so many of 16.
LEVELS_OF_16_BITS = 257


def brightened(picture: Picture, levels: int) -> Picture:
    """Return the picture with its levels moved, of 8 bits, as far as they go; alpha stays."""
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
