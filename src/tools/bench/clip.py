"""The Motion JPEG file that all contenders play."""

import threading
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.domain.media.image import Layout
from spot_webcam.fakes.cameras.patterns.pattern import Pattern

SEED = 7
# Standard deviation of the sensor noise in grey levels. With it a 1080p frame has some 450 kB in
# the file, as from a webcam at its best quality, and 110 kB as a JPEG of quality 75.
NOISE = 3.0
# Rendering takes longer than encoding: these frames are written again and again.
DISTINCT_FRAMES = 15


@dataclass(frozen=True, slots=True)
class ClipShape:
    """Size, rate and length of a clip."""

    cols: int = 1920
    rows: int = 1080
    fps: float = 30.0
    # A player reopens the file after its last frame, which no camera does: not too often.
    seconds: float = 3.0

    def __str__(self) -> str:
        return f"{self.cols}x{self.rows} Motion JPEG file at {self.fps:g} fps"


def write_clip(path: Path, shape: ClipShape, stopping: threading.Event) -> None:
    """Render the synthetic scene with noise, and write it as AVI.

    OpenCV's own encoder writes at a quality of about 94, so that a request for the SDK's default
    quality of 75 has to be encoded again, as with most webcams.

    Raises:
        CouldNotRun: OpenCV cannot write it, or `stopping` is set.
    """
    size = (shape.cols, shape.rows)
    writer = cv2.VideoWriter(
        str(path), cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter.fourcc(*"MJPG"), shape.fps, size
    )
    if not writer.isOpened():
        raise CouldNotRun(f"OpenCV cannot write Motion JPEG to {path}: measure with --device")
    pattern = Pattern(shape.cols, shape.rows, SEED, Layout.BGR8, shape.fps)
    random = np.random.default_rng(SEED)
    frames = []
    for sequence in range(min(DISTINCT_FRAMES, round(shape.seconds * shape.fps))):
        if stopping.is_set():
            raise CouldNotRun("interrupted")
        noise = random.normal(0.0, NOISE, (shape.rows, shape.cols, 1)).astype(np.int16)
        frames.append(np.clip(pattern.frame(sequence) + noise, 0, 255).astype(np.uint8))
    for number in range(round(shape.seconds * shape.fps)):
        if stopping.is_set():
            raise CouldNotRun("interrupted")
        writer.write(frames[number % len(frames)])
    writer.release()
