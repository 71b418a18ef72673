"""The files that contenders play: of one a transcode pays, of the other it does not."""

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from spot_webcam.adapters.opencv.codec import OpenCvCodec
from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.domain.media.jpeg import inspect_jpeg
from spot_webcam.domain.requests.encoding import (
    DEFAULT_QUALITY,
    PAYING_PART,
    STILL_PAYING_PART,
)
from spot_webcam.tools.bench.clip import ClipShape, write_clip
from spot_webcam.tools.bench.loads import COARSE, FINE

SHAPE = {"cols": 320, "rows": 240, "seconds": 0.4}


def left_by_transcoding(path: Path) -> list[float]:
    """Return what part of its bytes each frame of a file has at the default quality."""
    codec, parts = OpenCvCodec(), []
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    capture.set(cv2.CAP_PROP_FORMAT, -1)
    while True:
        done, data = capture.read()
        if not done:
            capture.release()
            return parts
        jpeg = inspect_jpeg(np.asarray(data).tobytes())
        again = codec.encode_jpeg(codec.decode_jpeg(jpeg), DEFAULT_QUALITY)
        parts.append(len(again) / len(jpeg.data))


@pytest.mark.parametrize("name", [FINE, COARSE])
def test_fine_clip_is_transcoded_and_coarse_one_is_passed_through(
    name: str, tmp_path: Path
) -> None:
    shape = ClipShape(**SHAPE, name=name)  # type: ignore[arg-type] - sizes and seconds
    write_clip(tmp_path / "clip.avi", shape, threading.Event())
    parts = left_by_transcoding(tmp_path / "clip.avi")
    assert len(parts) == 12
    assert max(parts) <= PAYING_PART if name == FINE else min(parts) > STILL_PAYING_PART
    assert str(shape) == f"320x240 {name} Motion JPEG file at 30 fps"


def test_rendering_is_interrupted(tmp_path: Path) -> None:
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(CouldNotRun, match="interrupted"):
        write_clip(tmp_path / "clip.avi", ClipShape(), stopping)
