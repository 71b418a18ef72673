"""Recordings that tests play as cameras."""

from collections.abc import Iterable
from pathlib import Path

import cv2

from spot_webcam.domain.media.image import Pixels


def write_recording(
    path: Path,
    pictures: Iterable[Pixels],
    *,
    size: tuple[int, int] = (64, 48),
    fps: float = 10.0,
    codec: str = "MJPG",
    backend: int = cv2.CAP_ANY,
) -> None:
    """Write BGR pictures of `size`, columns first, in the container of the file's suffix."""
    writer = cv2.VideoWriter(str(path), backend, cv2.VideoWriter.fourcc(*codec), fps, size)
    assert writer.isOpened()
    for picture in pictures:
        writer.write(picture)
    writer.release()
