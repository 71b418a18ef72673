"""What every webcam must do: the lab's, and the one on your desk."""

import threading
import time
from typing import Any

import pytest

from spot_webcam.adapters.v4l2 import V4l2Camera, find_cameras
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.sources.controls import ControlKind


def test_pictures_are_of_the_mode_and_flow(device: str, camera_of: Any, figure: Any) -> None:
    camera = camera_of(device)
    begun = time.monotonic()
    mode = camera.open()
    camera.grab()
    first_s = time.monotonic() - begun
    begun = time.monotonic()
    for _ in range(30):
        camera.grab()
        picture = camera.retrieve()
        assert (picture.cols, picture.rows) == (mode.cols, mode.rows)
    fps = 30 / (time.monotonic() - begun)
    figure(f"{device}: {mode}; first picture after {first_s:.2f} s, {fps:.1f} a second")
    # In the dark a webcam halves its rate, and halves it again.
    assert fps > (mode.fps or 30.0) / 6


def test_camera_can_be_opened_again_and_again(device: str, camera_of: Any) -> None:
    camera = camera_of(device)
    for _ in range(3):
        camera.open()
        camera.grab()
        camera.close()


def _grab_for(camera: V4l2Camera, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        camera.grab()


def test_interrupted_camera_stops_its_reader(device: str, camera_of: Any) -> None:
    camera = camera_of(device)
    camera.open()
    threading.Timer(0.3, camera.interrupt).start()
    begun = time.monotonic()
    with pytest.raises(NoData, match="interrupted"):
        _grab_for(camera, 2.0)
    assert time.monotonic() - begun < 2.0
    camera.open()
    camera.grab()


def test_every_control_has_a_value_in_its_range(device: str, camera_of: Any) -> None:
    camera = camera_of(device)
    camera.open()
    controls = [c for c in camera.controls() if c.kind is not ControlKind.BUTTON]
    values = camera.read(control.name for control in controls)
    for control in controls:
        if control.name in values and not (control.volatile or control.read_only):
            control.check(values[control.name])


def test_exposure_is_reported_in_seconds_if_at_all(device: str, camera_of: Any) -> None:
    camera = camera_of(device)
    camera.open()
    camera.grab()
    exposure_s = camera.settings().exposure_s
    assert exposure_s is None or 1e-6 < exposure_s < 10


def test_camera_is_found_with_its_modes(device: str, camera_of: Any) -> None:
    found = find_cameras()
    assert found
    assert any(camera.modes for camera in found)
