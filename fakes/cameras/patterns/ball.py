"""Moving part of synthetic pictures: a ball that bounces along the label's band."""

import numpy as np
import numpy.typing as npt

from spot_webcam.domain.media.image import Layout, Pixels
from spot_webcam.fakes.cameras.patterns.colours import Colours, colour, spread, to_layout

# Frames from side to side and from bounce to bounce.
CROSSING, BOUNCE = 97, 37
# Depth of the ball's rim, and how much nearer its centre is.
DEPTH_MM, BULGE_MM = 1500, 600
OPAQUE_BITS = 8
# Direction to the light: left, above, in front. Nearly a unit vector.
LIGHT = (-0.45, -0.6, 0.66)

Floats = npt.NDArray[np.float32]


class Ball:
    """Draws into pictures between the rows `top` and `bottom`."""

    def __init__(self, cols: int, top: int, bottom: int, seed: int, layout: Layout) -> None:
        self._size = max(4, min(cols // 5, (bottom - top) // 3))
        self._top, self._phase = top, seed % (2 * CROSSING)
        self._across, self._fall = cols - self._size, bottom - top - self._size
        x = (np.arange(self._size, dtype=np.float32) * 2 + 1) / np.float32(self._size) - 1
        y = x[:, np.newaxis]
        radius = np.sqrt(x * x + y * y)
        height = np.sqrt(np.maximum(1 - radius * radius, 0))
        if layout is Layout.DEPTH16:
            # No anti-aliasing: mixed depths of rim and wall would be wrong.
            opacity = (radius < 1).astype(np.float32)
            pixels: Pixels = (DEPTH_MM - height * BULGE_MM).astype(np.uint16)
        else:
            opacity = np.clip((1 - radius) * (self._size / 2) + 0.5, 0, 1)
            pixels = to_layout(_lit(x, y, height, 0.04 + spread(seed)), layout)
        # Products with weights of up to 256 need 8 bits more than a channel.
        wide = np.uint16 if layout.bits == 8 else np.uint32
        weight = (opacity * (1 << OPAQUE_BITS)).astype(wide)
        # One weight per channel: broadcasting makes numpy several times slower.
        weights = np.broadcast_to(weight.T, pixels.T.shape).T.copy()
        self._paint = pixels * weights
        self._rest = wide(1 << OPAQUE_BITS) - weights

    def draw(self, pixels: Pixels, sequence: int) -> None:
        """Draw the ball at its position of this frame."""
        step = (sequence + self._phase) % (2 * CROSSING)
        x = min(step, 2 * CROSSING - step) * self._across // CROSSING
        step = sequence % BOUNCE
        y = self._fall - 4 * step * (BOUNCE - step) * self._fall // (BOUNCE * BOUNCE)
        top = self._top + y
        place = pixels[top : top + self._size, x : x + self._size]
        mixed = place * self._rest
        mixed += self._paint
        mixed >>= OPAQUE_BITS
        place[...] = mixed


def _lit(x: Floats, y: Floats, height: Floats, hue: float) -> Colours:
    """Return a ball of one hue with a highlight; a point's position is also its normal."""
    light = np.maximum(x * LIGHT[0] + y * LIGHT[1] + height * LIGHT[2], 0)
    shine = light * light * light
    shine = shine * shine * shine * shine * 0.8
    body = colour(hue, 0.72, 1.0) * (0.4 + 0.6 * light)[..., np.newaxis]
    body += (1 - body) * shine[..., np.newaxis]
    lit: Colours = body
    return lit
