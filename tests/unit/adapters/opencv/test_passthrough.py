from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from spot_webcam.adapters.opencv.device import Kind, OpenCvDevice
from spot_webcam.adapters.opencv.passthrough import (
    are_bytes,
    codec_name,
    hand_over_jpegs,
    is_one_field,
    retrieve_jpeg,
)
from spot_webcam.adapters.opencv.stream import reported_fps, skip_buffered, stream_time_ns
from spot_webcam.domain.errors import CorruptFrame
from spot_webcam.domain.media.jpeg import inspect_jpeg
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.fakes.cameras import jpeg_frame, parse_synthetic_device
from spot_webcam.fakes.time.manual import ManualClock

MJPG, H264 = (float(cv2.VideoWriter.fourcc(*name)) for name in ("MJPG", "H264"))
RTSP = OpenCvDevice(Kind.URL, DeviceAddress("rtsp://host/front"), cv2.CAP_FFMPEG)
HTTP = OpenCvDevice(Kind.URL, DeviceAddress("HTTP://host/front"), cv2.CAP_FFMPEG)
JPEG = jpeg_frame(parse_synthetic_device("synthetic:?size=64x48&codec=mjpg"), 1)


class Capture:
    """A `cv2.VideoCapture` of some properties and one picture."""

    def __init__(self, fourcc: float = MJPG, data: Any = None, **properties: float) -> None:
        self.properties = {cv2.CAP_PROP_FOURCC: fourcc}
        self.properties |= {getattr(cv2, name): value for name, value in properties.items()}
        self.data = data
        self.settable = True

    def get(self, prop: int) -> float:
        return self.properties.get(prop, 0.0)

    def set(self, prop: int, value: float) -> bool:
        if self.settable:
            self.properties[prop] = value
        return self.settable

    def retrieve(self) -> tuple[bool, Any]:
        return self.data is not None, self.data


def given(**more: Any) -> Any:
    return Capture(**more)


@pytest.mark.parametrize(
    ("fourcc", "name"),
    [
        (MJPG, "MJPG"),
        (float(cv2.VideoWriter.fourcc(*"Y16 ")), "Y16"),
        (0.0, ""),
        (-1.0, ""),
        (float(1 << 32), ""),
        (float("nan"), ""),
        (float("inf"), ""),
    ],
)
def test_codec_is_named_by_its_letters(fourcc: float, name: str) -> None:
    assert codec_name(given(fourcc=fourcc)) == name


@pytest.mark.parametrize(
    ("backend", "prop", "value"),
    [
        (cv2.CAP_FFMPEG, cv2.CAP_PROP_FORMAT, -1),
        (cv2.CAP_V4L2, cv2.CAP_PROP_CONVERT_RGB, 0),
    ],
)
def test_motion_jpeg_is_handed_over_as_it_comes(backend: int, prop: int, value: float) -> None:
    capture = given()
    assert hand_over_jpegs(capture, backend)
    assert capture.properties[prop] == value


@pytest.mark.parametrize("backend", [cv2.CAP_FFMPEG, cv2.CAP_V4L2])
def test_backend_that_will_not_hand_it_over_decodes(backend: int) -> None:
    capture = given()
    capture.settable = False
    assert not hand_over_jpegs(capture, backend)


@pytest.mark.parametrize(
    ("fourcc", "backend"), [(H264, cv2.CAP_FFMPEG), (0.0, cv2.CAP_V4L2), (MJPG, cv2.CAP_ANY)]
)
def test_other_codecs_and_backends_decode(fourcc: float, backend: int) -> None:
    capture = given(fourcc=fourcc)
    assert not hand_over_jpegs(capture, backend)
    assert capture.properties == {cv2.CAP_PROP_FOURCC: fourcc}


@pytest.mark.parametrize("shape", [(1, -1), (-1, 1), (-1,)])
def test_bytes_are_handed_over_in_any_shape(shape: tuple[int, ...]) -> None:
    padded = JPEG + bytes(100)
    data = np.frombuffer(padded, np.uint8).reshape(shape)
    assert retrieve_jpeg(given(data=data)).data == JPEG


@pytest.mark.parametrize(
    "data",
    [
        None,
        np.zeros((6, 8, 3), np.uint8),
        np.zeros((1, 8), np.uint16),
        np.zeros((0,), np.uint8),
        np.frombuffer(JPEG[:-100], np.uint8),
    ],
)
def test_incomplete_jpeg_is_corrupt(data: Any) -> None:
    with pytest.raises(CorruptFrame):
        retrieve_jpeg(given(data=data))


def test_pixels_are_not_taken_for_bytes() -> None:
    assert not are_bytes(np.zeros((6, 8, 3), np.uint8))
    assert not are_bytes(np.zeros((6, 8), np.uint8))
    assert are_bytes(np.zeros((1, 8), np.uint8))


@pytest.mark.parametrize(("rows", "half"), [(96.0, True), (95.0, True), (48.0, False), (0, False)])
def test_field_of_interlaced_video_is_half_a_picture(rows: float, half: bool) -> None:
    capture = given(CAP_PROP_FRAME_HEIGHT=rows)
    assert is_one_field(capture, inspect_jpeg(JPEG)) is half


# Times.


@pytest.mark.parametrize(
    ("device", "fourcc", "fps", "reported"),
    [
        (RTSP, MJPG, 12.5, 12.5),
        (RTSP, H264, 90_000.0, None),
        (RTSP, H264, 0.0, None),
        (RTSP, H264, float("nan"), None),
        (HTTP, H264, 25.0, 25.0),
        (HTTP, MJPG, 25.0, None),
    ],
)
def test_rate_is_reported_where_it_is_true(
    device: OpenCvDevice, fourcc: float, fps: float, reported: float | None
) -> None:
    assert reported_fps(given(fourcc=fourcc, CAP_PROP_FPS=fps), device) == reported


@pytest.mark.parametrize(
    ("device", "fourcc", "position_ms", "reported"),
    [
        (RTSP, MJPG, 1.5, 1_500_000),
        (RTSP, H264, 40.0, 40_000_000),
        (RTSP, MJPG, 0.0, None),
        (RTSP, MJPG, -3.7e20, None),
        (RTSP, MJPG, float("nan"), None),
        (RTSP, MJPG, float("inf"), None),
        (HTTP, MJPG, 40.0, None),
        (HTTP, H264, 40.0, 40_000_000),
        (OpenCvDevice(Kind.DEVICE, 0, cv2.CAP_V4L2), MJPG, 40.0, None),
    ],
)
def test_time_of_a_stream_is_reported_where_it_is_true(
    device: OpenCvDevice, fourcc: float, position_ms: float, reported: int | None
) -> None:
    capture = given(fourcc=fourcc, CAP_PROP_POS_MSEC=position_ms)
    assert stream_time_ns(capture, device) == reported


class Stream:
    """Pictures, each with the milliseconds that a grab of it takes; the end is none."""

    def __init__(self, clock: ManualClock, *took_ms: float) -> None:
        self.clock = clock
        self.left = list(took_ms)

    def get(self, prop: int) -> float:
        return {cv2.CAP_PROP_FPS: 25.0, cv2.CAP_PROP_FOURCC: H264}.get(prop, 0.0)

    def grab(self) -> bool:
        if not self.left:
            return False
        self.clock.advance(self.left.pop(0) / 1000)
        return True


@pytest.mark.parametrize(
    ("decodes", "took_ms", "left"),
    [
        (False, [0.1, 0.1, 35.0, 40.0], 1),
        (True, [5.0, 5.0, 35.0, 40.0], 1),
        (False, [5.0, 5.0], 1),
        (False, [0.0] * 300, 50),
    ],
)
def test_pictures_in_a_buffer_are_skipped(
    clock: ManualClock, decodes: bool, took_ms: list[float], left: int
) -> None:
    stream: Any = Stream(clock, *took_ms)
    assert skip_buffered(stream, RTSP, clock, decodes=decodes)
    assert len(stream.left) == left


def test_stream_that_ends_in_its_buffer_has_no_newest(clock: ManualClock) -> None:
    stream: Any = Stream(clock, 0.0, 0.0)
    assert not skip_buffered(stream, RTSP, clock, decodes=False)
