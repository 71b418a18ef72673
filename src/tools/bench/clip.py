"""The Motion JPEG file that all contenders play."""

import threading
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.domain.media.image import Layout
from spot_webcam.fakes.cameras.patterns.pattern import Pattern
from spot_webcam.tools.bench.loads import COARSE, FINE

SEED = 7
# Standard deviation of the sensor noise in grey levels.
NOISE = 3.0
# Encoders of the file, by the name of the clip; figures of a 1080p frame. The fine one writes at a
# quality of about 94, as a webcam at its best: 490 kB, and 120 kB as a JPEG of quality 75, so that
# the SDK's default request is encoded again. The coarse one is FFmpeg's, with tables of its own:
# 80 kB, and 90 kB at quality 75, so that the default request gets the file's own JPEG.
CLIPS = {FINE: cv2.CAP_OPENCV_MJPEG, COARSE: cv2.CAP_FFMPEG}
# Rendering takes longer than encoding: these frames are written again and again.
DISTINCT_FRAMES = 15


@dataclass(frozen=True, slots=True)
class ClipShape:
    """Size, rate, length and name of a clip."""

    cols: int = 1920
    rows: int = 1080
    fps: float = 30.0
    # A player reopens the file after its last frame, which no camera does: not too often.
    seconds: float = 3.0
    name: str = FINE

    def __str__(self) -> str:
        return f"{self.cols}x{self.rows} {self.name} Motion JPEG file at {self.fps:g} fps"


def write_clip(path: Path, shape: ClipShape, stopping: threading.Event) -> None:
    """Render the synthetic scene with noise, and write it as AVI.

    Raises:
        CouldNotRun: OpenCV cannot write it, or `stopping` is set.
    """
    size = (shape.cols, shape.rows)
    writer = cv2.VideoWriter(
        str(path), CLIPS[shape.name], cv2.VideoWriter.fourcc(*"MJPG"), shape.fps, size
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
