from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from spot_webcam.app.monitoring.picture_meter import PictureMeter
from spot_webcam.domain.errors import EncodingError
from spot_webcam.domain.frames.frame_store import Frame, StoredFrame
from spot_webcam.domain.health.picture_quality import PictureQuality
from spot_webcam.domain.media.image import JpegPicture, Layout, Picture
from spot_webcam.fakes.time.manual import ManualClock

PERIOD_S = 1.0


def grey(level: int, size_px: int = 64) -> Picture:
    return Picture(np.full((size_px, size_px), level, np.uint8), Layout.GREY8)


JPEG = JpegPicture(b"", 640, 480, 1, quality=90, has_huffman_tables=True)


@dataclass
class Source:
    """A source whose newest picture the test sets."""

    name: str = "front"
    newest: StoredFrame | None = None

    def show(self, picture: Picture | JpegPicture) -> None:
        self.newest = StoredFrame(Frame(picture, 1, 0, 0))


class Codec:
    """A codec that decodes every JPEG to one picture; `error` is raised instead."""

    def __init__(self) -> None:
        self.shrinks: list[int] = []
        self.error: EncodingError | None = None
        self.entered, self.go = threading.Event(), threading.Event()
        self.go.set()

    def decode_jpeg(self, jpeg: JpegPicture, shrink: int = 1) -> Picture:
        assert jpeg is JPEG
        self.shrinks.append(shrink)
        self.entered.set()
        assert self.go.wait(30)
        if self.error is not None:
            raise self.error
        return grey(51, 80)


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def codec() -> Codec:
    return Codec()


@pytest.fixture
def sources(source: Source) -> list[Any]:
    return [source]


@pytest.fixture
def meter(sources: list[Any], codec: Codec, clock: ManualClock) -> PictureMeter:
    return PictureMeter(sources, codec, clock, PERIOD_S)  # type: ignore[arg-type]


def test_source_without_a_picture_is_not_known(meter: PictureMeter, source: Source) -> None:
    assert meter.quality(source) is None
    assert meter.qualities() == {}


def test_pixels_are_measured_as_they_are(meter: PictureMeter, source: Source, codec: Codec) -> None:
    source.show(grey(255))
    assert meter.quality(source) == PictureQuality(0.0, 1.0)
    assert codec.shrinks == []


def test_jpeg_is_decoded_in_an_eighth_of_its_size(
    meter: PictureMeter, source: Source, codec: Codec
) -> None:
    source.show(JPEG)
    assert meter.quality(source) == PictureQuality(0.0, pytest.approx(0.2))
    assert codec.shrinks == [8]


def test_jpeg_that_cannot_be_decoded_is_not_known(
    meter: PictureMeter, source: Source, codec: Codec
) -> None:
    source.show(JPEG)
    codec.error = EncodingError("damaged")
    assert meter.quality(source) is None


def test_source_is_measured_once_a_period(
    meter: PictureMeter, source: Source, codec: Codec, clock: ManualClock
) -> None:
    source.show(JPEG)
    for _ in range(10):
        meter.qualities()
        clock.advance(PERIOD_S / 10)
    assert len(codec.shrinks) == 1
    source.show(grey(0))
    assert meter.quality(source) == PictureQuality(0.0, 0.0)


def test_all_sources_are_measured_at_their_own_time(
    meter: PictureMeter, source: Source, sources: list[Any], clock: ManualClock
) -> None:
    source.show(grey(0))
    meter.qualities()
    clock.advance(PERIOD_S / 2)
    added = Source("back")
    added.show(grey(255))
    sources.append(added)
    source.show(grey(255))
    black, white = PictureQuality(0.0, 0.0), PictureQuality(0.0, 1.0)
    assert meter.qualities() == {"front": black, "back": white}


def test_nobody_waits_for_a_measurement(meter: PictureMeter, source: Source, codec: Codec) -> None:
    source.show(JPEG)
    codec.go.clear()
    measuring = threading.Thread(target=meter.quality, args=(source,))
    measuring.start()
    assert codec.entered.wait(30)
    assert meter.quality(source) is None
    codec.go.set()
    measuring.join(30)
    assert meter.quality(source) is not None
    assert len(codec.shrinks) == 1
