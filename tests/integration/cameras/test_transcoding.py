"""JPEGs of several encoders and pictures: passed through unless encoding again saves a quarter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from spot_webcam.adapters.opencv.codec import OpenCvCodec
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.domain.media.image import JpegPicture, Layout, Pixels
from spot_webcam.domain.media.jpeg import inspect_jpeg
from spot_webcam.domain.requests.encoding import ImageRequest
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.cameras.patterns.pattern import Pattern
from spot_webcam.fakes.time.manual import ManualClock
from tests.recordings import write_recording
from tests.serving import answers

COLS, ROWS = 320, 240
# FFmpeg's rate control has settled by then.
FFMPEG_FRAMES = 12


def flat() -> Pixels:
    return np.full((ROWS, COLS, 3), (90, 120, 140), np.uint8)


def pattern() -> Pixels:
    return Pattern(COLS, ROWS, 7, Layout.BGR8, 30.0).frame(3)


def noise() -> Pixels:
    noisy = pattern() + np.random.default_rng(7).normal(0.0, 8.0, (ROWS, COLS, 3))
    return noisy.clip(0, 255).astype(np.uint8)


PICTURES = {"flat": flat, "pattern": pattern, "noise": noise}


def encoded(picture: Pixels, quality: int, *, optimized: bool = False) -> JpegPicture:
    """Encode with the standard's tables, as the IJG's library does."""
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, int(optimized)]
    done, data = cv2.imencode(".jpg", picture, flags)
    assert done
    return inspect_jpeg(bytes(data))


def of_ffmpeg(picture: Pixels, path: Path) -> Iterator[JpegPicture]:
    """Yield the JPEGs of a recording: FFmpeg scales a table of its own, for luma and chroma."""
    write_recording(path, [picture] * FFMPEG_FRAMES, size=(COLS, ROWS))
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    capture.set(cv2.CAP_PROP_FORMAT, -1)
    for _ in range(FFMPEG_FRAMES):
        done, data = capture.read()
        assert done
        yield inspect_jpeg(data.tobytes())
    capture.release()


@pytest.fixture
def transcoded(
    clock: ManualClock, deliver: Callable[..., None], robot_clock_at: Callable[[int | None], Any]
) -> Callable[[JpegPicture, float], bool]:
    """Serve a JPEG at a quality, check the answer by the rule, and return whether it is new."""
    codec = OpenCvCodec()

    def serve(jpeg: JpegPicture, quality: float) -> bool:
        source = CameraSource(ImageSource("cam", Layout.BGR8), clock)
        service = ImageService([source], clock, robot_clock_at(0), codec)
        deliver(source, clock, jpeg)
        [answer] = answers(service, [ImageRequest("cam", quality_percent=quality)])
        assert answer.status is Status.OK, answer.message
        assert answer.capture is not None
        data = bytes(answer.capture.image.data)
        again = codec.encode_jpeg(codec.decode_jpeg(jpeg), int(quality))
        if 4 * len(again) > 3 * len(jpeg.data):
            assert data == jpeg.data
        else:
            assert data == again
        return data != jpeg.data

    return serve


# Of the noisy picture, by the requested quality.
LOWEST_PAYING = {30.0: 60, 75.0: 92, 90.0: 98}


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("own", [60, 75, 85, 92, 98])
@pytest.mark.parametrize("quality", LOWEST_PAYING)
def test_jpeg_with_the_standards_tables_passes_unless_a_quarter_is_saved(
    transcoded: Callable[[JpegPicture, float], bool], picture: str, own: int, quality: float
) -> None:
    is_new = transcoded(encoded(PICTURES[picture](), own), quality)
    if picture == "noise":
        assert is_new == (own >= LOWEST_PAYING[quality])
    if picture == "flat":
        assert not is_new


def test_flat_picture_is_not_made_larger(
    transcoded: Callable[[JpegPicture, float], bool],
) -> None:
    jpeg = encoded(flat(), 95, optimized=True)
    codec = OpenCvCodec()
    assert len(codec.encode_jpeg(codec.decode_jpeg(jpeg), 75)) > 2 * len(jpeg.data)
    assert not transcoded(jpeg, 75.0)


@pytest.mark.parametrize("picture", PICTURES)
def test_jpeg_with_ffmpegs_tables_passes_unless_a_quarter_is_saved(
    transcoded: Callable[[JpegPicture, float], bool], picture: str, tmp_path: Path
) -> None:
    estimates, new = set(), set()
    for jpeg in of_ffmpeg(PICTURES[picture](), tmp_path / "film.avi"):
        estimates.add(jpeg.quality)
        new.update(quality for quality in (30.0, 75.0, 90.0) if transcoded(jpeg, quality))
    # By its estimate alone this encoder would be re-encoded for the default request.
    assert 90 in estimates
    assert new == (set() if picture == "flat" else {30.0})
