"""Video behind HTTP: recordings at their own rate, streams by OpenCV, and key frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from spot_webcam.adapters.opencv.camera import OpenCvCamera
from spot_webcam.adapters.opencv.device import opencv_device
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.cameras.factory import camera
from spot_webcam.app.cameras.isolation import Isolation, isolated_or_not
from spot_webcam.domain.errors import CameraAbsent, NoData
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.naming import Device
from spot_webcam.fakes.cameras.network import HttpCameraServer, Refusal
from spot_webcam.fakes.cameras.patterns.pattern import Pattern
from spot_webcam.fakes.time.manual import ManualClock
from tests.integration.cameras.h264 import COLS_MB, ROWS_MB, H264Server
from tests.recordings import write_recording

FPS, PICTURES = 20.0, 10


@pytest.fixture
def recording(tmp_path: Path) -> bytes:
    """A Motion JPEG file."""
    pattern = Pattern(64, 48, 0, Layout.BGR8, FPS)
    pictures = (pattern.frame(number) for number in range(PICTURES))
    write_recording(tmp_path / "walk.avi", pictures, fps=FPS)
    return (tmp_path / "walk.avi").read_bytes()


@pytest.fixture
def server(recording: bytes) -> Iterator[HttpCameraServer]:
    with HttpCameraServer([]) as server:
        server.refusals = {"": Refusal(200, {"Content-Type": "video/x-msvideo"}, recording)}
        yield server


@pytest.fixture
def stream() -> Iterator[H264Server]:
    with H264Server(0.01, 10) as stream:
        yield stream


def test_recording_is_played_at_its_own_rate_over_and_over(
    server: HttpCameraServer, recording: bytes
) -> None:
    clock = ManualClock()
    playing = camera(DeviceAddress(server.url), ModeRequest(), clock)
    assert playing.open().fps == FPS
    playing.grab()
    begun_ns = clock.monotonic_ns()
    seen = []
    for _ in range(2 * PICTURES):
        playing.grab()
        picture = playing.retrieve()
        assert getattr(picture, "data", b"no JPEG") in recording
        seen.append(picture)
    assert clock.monotonic_ns() - begun_ns == pytest.approx(2 * PICTURES / FPS * 1e9, rel=0.06)
    assert seen[0] == seen[PICTURES]
    playing.close()


def test_recording_that_is_gone_is_reported_as_such(server: HttpCameraServer) -> None:
    playing = camera(DeviceAddress(server.url), ModeRequest(), ManualClock())
    playing.open()
    playing.close()
    server.refusals = {"": Refusal(404)}
    with pytest.raises(CameraAbsent, match="check the path"):
        playing.open()
    playing.close()


def test_video_is_read_in_a_process_of_its_own(server: HttpCameraServer) -> None:
    device = Device("walk", DeviceAddress(server.url))
    playing = isolated_or_not(device, ModeRequest(), SystemClock(), Isolation.AUTO)
    try:
        assert playing.open().fps == FPS
        playing.grab()
        assert playing.retrieve().cols == 64
    finally:
        playing.close()
        getattr(playing, "interrupt", lambda: None)()
        playing.close()


def test_stream_of_another_codec_is_opencvs(stream: H264Server) -> None:
    live = camera(DeviceAddress(stream.url), ModeRequest(), SystemClock())
    try:
        mode = live.open()
        assert (mode.cols, mode.rows, mode.codec) == (16 * COLS_MB, 16 * ROWS_MB, "h264")
        live.grab()
        assert isinstance(live.retrieve(), Picture)
    finally:
        live.close()


@pytest.mark.slow
def test_key_frame_that_is_late_is_waited_for(stream: H264Server) -> None:
    # Later than the timeouts of the first attempt; those of the second are eight times as long.
    stream.interval = 150
    address = DeviceAddress(stream.url)
    live = OpenCvCamera(opencv_device(address, 500, 500), ModeRequest(), SystemClock())
    try:
        with pytest.raises(NoData, match="waiting for a key frame"):
            live.open()
        assert live.open().cols == 16 * COLS_MB
        live.grab()
        assert live.retrieve().rows == 16 * ROWS_MB
    finally:
        live.close()
