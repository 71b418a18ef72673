from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from spot_webcam.adapters.v4l2 import V4l2Camera, abi
from spot_webcam.domain.errors import (
    CameraMisconfigured,
    CorruptFrame,
)
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import CameraMode, Controllable, Interruptible
from tests.unit.adapters.v4l2.fake_kernel import PERIOD_NS

MakeCamera = Callable[..., V4l2Camera]


def _take(camera: V4l2Camera) -> JpegPicture:
    camera.grab()
    picture = camera.retrieve()
    assert isinstance(picture, JpegPicture)
    return picture


def test_camera_has_its_optional_abilities(make_camera: MakeCamera) -> None:
    assert isinstance(make_camera(), Interruptible)
    assert isinstance(make_camera(), Controllable)


def test_best_mode_is_taken_and_reported(
    make_camera: MakeCamera, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert make_camera().open() == CameraMode(1280, 720, Layout.BGR8, 30.0, "MJPG")
    assert "requested the best mode, chose MJPG 1280x720 at 30 fps, granted MJPG" in caplog.text


def test_mode_that_is_not_there_is_warned_of_once(
    make_camera: MakeCamera, caplog: pytest.LogCaptureFixture
) -> None:
    camera = make_camera(cols=4000, rows=3000)
    camera.open()
    camera.open()
    assert caplog.text.count("the camera has no 4000x3000: taking MJPG 1280x720") == 1


def test_camera_that_reports_no_rate_is_taken(kernel: Any, make_camera: MakeCamera) -> None:
    kernel.rated = False
    assert make_camera().open().fps is None


def test_driver_s_own_mind_is_read_back(
    kernel: Any, make_camera: MakeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "set_format", lambda _: None)
    mode = make_camera().open()
    assert (mode.codec, mode.cols, mode.rows) == ("YUYV", 640, 480)
    kernel.frame = (abi.fourcc("H264"), 640, 480)
    with pytest.raises(CameraMisconfigured, match="pixel format H264 is not supported"):
        make_camera().open()


def test_jpegs_are_passed_through(make_camera: MakeCamera, make_jpeg: Any) -> None:
    camera = make_camera()
    camera.open()
    assert [_take(camera).data for _ in range(9)] == [make_jpeg(mark=n) for n in range(9)]


def test_padding_is_cut(kernel: Any, make_camera: MakeCamera, make_jpeg: Any) -> None:
    kernel.next_frame = lambda _: make_jpeg() + bytes(4096)
    camera = make_camera()
    camera.open()
    assert _take(camera).data == make_jpeg()


def test_raw_frames_become_pixels(kernel: Any, make_camera: MakeCamera) -> None:
    kernel.next_frame = lambda _: bytes([235, 128]) * (640 * 480)
    camera = make_camera(codec="YUYV")
    camera.open()
    camera.grab()
    picture = camera.retrieve()
    assert isinstance(picture, Picture)
    assert picture.pixels.shape == (480, 640, 3)
    assert np.all(picture.pixels == 255)


def test_size_that_changes_is_reported_once(
    kernel: Any, make_camera: MakeCamera, make_jpeg: Any, caplog: pytest.LogCaptureFixture
) -> None:
    camera = make_camera()
    camera.open()
    _take(camera)
    kernel.next_frame = lambda _: make_jpeg(640, 480)
    assert [_take(camera).rows for _ in range(3)] == [480] * 3
    assert caplog.text.count("pictures are 640x480 now, not MJPG 1280x720") == 1


def test_damaged_jpeg_is_corrupt_and_the_next_is_tried(
    kernel: Any, make_camera: MakeCamera, make_jpeg: Any
) -> None:
    kernel.next_frame = lambda n: b"\0" if n == 0 else make_jpeg(mark=n)
    camera = make_camera()
    camera.open()
    camera.grab()
    with pytest.raises(CorruptFrame):
        camera.retrieve()
    assert _take(camera).data == make_jpeg(mark=1)


def test_after_a_pause_the_first_picture_is_new(
    make_camera: MakeCamera, make_jpeg: Any, clock: Any
) -> None:
    camera = make_camera()
    camera.open()
    _take(camera)
    clock.advance(1.0)
    asked_ns = clock.time_ns()
    device_timestamp_ns = camera.grab()
    assert device_timestamp_ns is not None
    assert device_timestamp_ns >= asked_ns - PERIOD_NS
    assert camera.counts.passed_over == 3
    assert camera.counts.missed > 20


def test_late_reader_gets_the_newest(make_camera: MakeCamera, make_jpeg: Any, clock: Any) -> None:
    camera = make_camera()
    camera.open()
    _take(camera)
    clock.advance(2.5 / 30)
    assert _take(camera).data == make_jpeg(mark=2)
    assert camera.counts.passed_over == 1


def test_buffers_with_errors_are_dropped_and_counted(
    kernel: Any, make_camera: MakeCamera, make_jpeg: Any
) -> None:
    kernel.frame_flags = lambda n: abi.BUF_FLAG_ERROR if n < 2 else 0
    camera = make_camera()
    camera.open()
    assert _take(camera).data == make_jpeg(mark=2)
    assert camera.counts.damaged == 2


def test_only_damaged_buffers_are_corrupt(kernel: Any, make_camera: MakeCamera) -> None:
    kernel.frame_flags = lambda _: abi.BUF_FLAG_ERROR
    camera = make_camera()
    camera.open()
    with pytest.raises(CorruptFrame, match="only damaged"):
        camera.grab()


LENGTH = 1280 * 720 * 2


def test_jpeg_that_fills_its_buffer_without_an_end_is_dropped(
    kernel: Any, make_camera: MakeCamera, make_jpeg: Any
) -> None:
    truncated = make_jpeg()[:-2].ljust(LENGTH, b"x")
    kernel.next_frame = lambda n: truncated if n == 0 else make_jpeg(mark=n)
    camera = make_camera()
    camera.open()
    assert _take(camera).data == make_jpeg(mark=1)
    assert camera.counts.damaged == 1


def test_jpeg_whose_buffer_is_filled_with_zeros_is_taken_without_them(
    kernel: Any, make_camera: MakeCamera, make_jpeg: Any
) -> None:
    kernel.next_frame = lambda n: make_jpeg(mark=n).ljust(LENGTH, b"\0")
    camera = make_camera()
    camera.open()
    assert [_take(camera).data for _ in range(3)] == [make_jpeg(mark=n) for n in range(3)]
    assert camera.counts.damaged == 0
