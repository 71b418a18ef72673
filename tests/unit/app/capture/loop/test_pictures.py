"""Pictures, as the capture loop takes them from a camera that works."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spot_webcam.domain.errors import NoData
from spot_webcam.domain.geometry.camera_model import CameraModel
from spot_webcam.domain.media.image import CaptureSettings, Layout, Picture
from spot_webcam.domain.media.transform import Transform
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.loop_stand import FRAME_S, LoopStand, ScriptedCamera

# Pictures.


def test_camera_is_opened_and_then_delivers_at_its_own_rate(stand: LoopStand) -> None:
    assert stand.steps(4) == [0.0] * 4
    assert stand.camera.count["open"] == 1
    assert stand.newest().sequence == 3
    assert stand.source.description == ImageSource("cam", Layout.BGR8, 8, 6)


def test_capture_time_is_taken_right_after_the_grab(stand: LoopStand, clock: ManualClock) -> None:
    begin_ns = clock.monotonic_ns()
    stand.steps(2)
    assert stand.newest().monotonic_ns == begin_ns + round(FRAME_S * 1e9)


def test_time_of_the_driver_is_the_frames(stand: LoopStand, clock: ManualClock) -> None:
    device_timestamp_ns = clock.time_ns() + 1000
    stand.say("grab", device_timestamp_ns)
    stand.steps(2)
    assert stand.newest().captured_ns == device_timestamp_ns


def test_settings_are_asked_for_once_a_second(stand: LoopStand) -> None:
    stand.steps(1 + 32 * 3)
    assert stand.camera.count["grab"] == 96
    assert stand.camera.count["settings"] == 3


def test_settings_go_with_the_frames_until_they_are_asked_for_again(stand: LoopStand) -> None:
    first, second = CaptureSettings(0.01, 1.0), CaptureSettings(0.02, 2.0)
    stand.say("settings", first, second)
    stand.steps(2)
    assert stand.newest().settings == first
    stand.steps(31)
    assert stand.newest().settings == first
    stand.steps(1)
    assert stand.newest().settings == second


def test_settings_are_asked_for_again_after_opening_again(stand: LoopStand) -> None:
    stand.say("settings", CaptureSettings(0.01), CaptureSettings(0.02))
    stand.say("grab", None, NoData("silent"), None)
    stand.steps(5)
    assert stand.newest().settings == CaptureSettings(0.02)


class StampedCamera(ScriptedCamera):
    """Shows a still scene, with the timestamps of a sender."""

    timestamp_ns = 0

    def retrieve(self) -> Picture:
        return self._picture

    def stream_time_ns(self) -> int | None:
        return self.timestamp_ns


def test_timestamps_of_the_sender_show_that_it_is_not_frozen(
    clock: ManualClock, make_picture: Callable[..., Picture]
) -> None:
    camera = StampedCamera(clock, make_picture())
    stand = LoopStand(camera, clock)
    stand.steps(2)
    assert stand.newest().sequence == 1
    stand.steps(1)
    assert stand.newest().sequence == 1
    camera.timestamp_ns += 1
    stand.steps(1)
    assert stand.newest().sequence == 2


def test_mode_and_pictures_are_transformed(
    clock: ManualClock, make_picture: Callable[..., Picture]
) -> None:
    camera = ScriptedCamera(clock, make_picture())
    stand = LoopStand(camera, clock, transform=Transform(90))
    stand.steps(1)
    assert stand.source.description == ImageSource("cam", Layout.BGR8, 6, 8)
    stand.steps(2)
    assert (stand.newest().picture.cols, stand.newest().picture.rows) == (6, 8)
    assert stand.source.description == ImageSource("cam", Layout.BGR8, 6, 8)


def test_camera_model_is_that_of_what_is_delivered(
    clock: ManualClock, make_picture: Callable[..., Picture]
) -> None:
    model = CameraModel(100.0, 100.0, 15.5, 11.5, cols=32, rows=24)
    camera = ScriptedCamera(clock, make_picture())
    stand = LoopStand(camera, clock, transform=Transform(90), camera_model=model)
    stand.steps(1)
    expected = CameraModel(25.0, 25.0, 2.5, 3.5, cols=6, rows=8)
    assert stand.source.description.camera_model == expected


def test_camera_model_of_another_aspect_is_not_used_and_logged_once(
    clock: ManualClock, make_picture: Callable[..., Picture], caplog: pytest.LogCaptureFixture
) -> None:
    model = CameraModel(100.0, 100.0, 16.0, 9.0, cols=32, rows=18)
    camera = ScriptedCamera(clock, make_picture())
    stand = LoopStand(camera, clock, camera_model=model)
    stand.say("grab", NoData("gone"))
    stand.steps(5)
    assert camera.count["open"] == 2
    assert stand.source.description.camera_model is None
    warnings = [entry for entry in caplog.records if "without a camera model" in entry.message]
    assert [entry.levelname for entry in warnings if entry.levelname == "WARNING"] == ["WARNING"]
    assert "it is of 32x18, and the pictures have 8x6, another aspect" in warnings[0].message
