"""RLE: a byte that counts 1 to 255 equal pixels, then the pixel, over and over."""

import numpy as np

from spot_webcam.domain.media.image import Pixels

MAX_RUN = 255


def run_length_encode(pixels: Pixels) -> bytes:
    """Encode one-channel pixels row by row, runs going on across row ends.

    A pixel's bytes are those of the array's own type and byte order.
    """
    flat = pixels.reshape(-1)
    starts = np.flatnonzero(np.concatenate(([True], flat[1:] != flat[:-1])))
    lengths = np.diff(np.append(starts, flat.size))
    pieces = -(-lengths // MAX_RUN)
    counts = np.full(int(pieces.sum()), MAX_RUN, np.uint8)
    counts[np.cumsum(pieces) - 1] = lengths - (pieces - 1) * MAX_RUN
    runs = np.empty(counts.size, np.dtype([("count", np.uint8), ("pixel", flat.dtype)]))
    runs["count"] = counts
    runs["pixel"] = np.repeat(flat[starts], pieces)
    return runs.tobytes()
