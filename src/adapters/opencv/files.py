"""Files of pictures and recordings, for tools and tests."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from spot_webcam.domain.media.image import Layout, Picture, Pixels


def write_picture(path: Path, picture: Picture) -> None:
    """Write a picture for viewing, in the format of the file's suffix.

    Depth and 16-bit grey are scaled to 8 bits, the smallest value black.

    Raises:
        OSError: the file cannot be written.
    """
    pixels: Pixels = picture.pixels
    if picture.layout in {Layout.RGB8, Layout.RGBA8}:
        pixels = picture.pixels[:, :, 2::-1].copy()
    if picture.layout.bits == 16:
        low, high = int(pixels.min()), int(pixels.max())
        scaled = (pixels.astype(np.float32) - low) * (255.0 / max(1, high - low))
        pixels = scaled.astype(np.uint8)
    if not cv2.imwrite(str(path), pixels):
        raise OSError(f"cannot write {path}")


def write_recording(path: Path, pictures: Iterable[Picture], fps: float) -> None:
    """Write BGR pictures of one size as an MJPG video.

    Raises:
        OSError: the file cannot be written.
        ValueError: there are no pictures.
    """
    writer: cv2.VideoWriter | None = None
    try:
        for picture in pictures:
            if writer is None:
                size = (picture.cols, picture.rows)
                writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, size)
                if not writer.isOpened():
                    raise OSError(f"cannot write {path}")
            writer.write(picture.pixels)
    finally:
        if writer is not None:
            writer.release()
    if writer is None:
        raise ValueError(f"no pictures for {path}")
