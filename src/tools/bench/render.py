"""Rendering the pictures that all contenders get."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from spot_webcam.domain.media.image import Layout, Pixels
from spot_webcam.fakes.cameras.patterns.pattern import Pattern
from spot_webcam.tools.bench.ring import FACTS, ring_file
from spot_webcam.tools.bench.scene import SourceKind

SEED = 7
# Of the noise, in grey levels of 255: with it a JPEG of 1080p and quality 75 has 155 kB, as a
# webcam's have; without it 57.
NOISE = 4.0
MJPEG_QUALITY = 85


@dataclass(frozen=True, slots=True)
class RingShape:
    """Size, number and rate of a ring's frames."""

    cols: int
    rows: int
    frames: int
    fps: float


def write_ring(folder: Path, shape: RingShape) -> Iterator[None]:
    """Render the frames as BGR pixels and as JPEGs; yields after each, for a progress bar."""
    places = []
    with (
        ring_file(folder, SourceKind.RAW).open("wb") as raw,
        ring_file(folder, SourceKind.MJPEG).open("wb") as mjpeg,
    ):
        for pixels in _pictures(shape):
            raw.write(pixels.tobytes())
            _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, MJPEG_QUALITY])
            places.append((mjpeg.tell(), len(jpeg)))
            mjpeg.write(jpeg.tobytes())
            yield
    facts = {"cols": shape.cols, "rows": shape.rows, "fps": shape.fps, "jpegs": places}
    (folder / FACTS).write_text(json.dumps(facts))


def _pictures(shape: RingShape) -> Iterator[Pixels]:
    pattern = Pattern(shape.cols, shape.rows, SEED, Layout.BGR8, shape.fps)
    noise = np.random.default_rng(SEED)
    for sequence in range(shape.frames):
        grains = noise.normal(0.0, NOISE, (shape.rows, shape.cols, 1)).astype(np.int16)
        yield np.clip(pattern.frame(sequence) + grains, 0, 255).astype(np.uint8)
