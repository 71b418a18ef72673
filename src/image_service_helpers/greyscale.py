"""Conversion of colour to grey, for cameras that decode their pictures."""

from typing import Any

import numpy as np
import numpy.typing as npt

from spot_webcam.domain.media.grayscale import BLUE, GREEN, HALF, RED, SHIFT, to_grayscale
from spot_webcam.domain.media.image import Layout, Picture

_LAYOUTS = {3: Layout.RGB8, 4: Layout.RGBA8}


def convert_RGB_to_grayscale(  # noqa: N802 - the SDK's name
    image_data_RGB_np: npt.NDArray[Any],  # noqa: N803
) -> npt.NDArray[np.uint8]:
    """Return `(rows, cols)` of `uint8` for `(rows, cols, 3 or more)`, red first.

    The result is writable; the argument is not modified.
    """
    pixels = image_data_RGB_np
    layout = _LAYOUTS.get(pixels.shape[2]) if pixels.dtype == np.uint8 else None
    if layout is None or pixels.size == 0:
        red, green, blue = (pixels[:, :, channel].astype(np.uint32) for channel in range(3))
        return ((red * RED + green * GREEN + blue * BLUE + HALF) >> SHIFT).astype(np.uint8)
    # A view: `Picture` makes its array read-only.
    grey = to_grayscale(Picture(pixels.view(), layout)).pixels
    grey.flags.writeable = True
    return grey.astype(np.uint8, copy=False)
