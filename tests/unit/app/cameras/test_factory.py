import platform
from pathlib import Path

import pytest

from spot_webcam.adapters.opencv import OpenCvCamera
from spot_webcam.adapters.opencv.video_file import VideoFileCamera
from spot_webcam.adapters.v4l2 import V4l2Camera
from spot_webcam.app.cameras.factory import camera
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.fakes.cameras import SyntheticCamera
from spot_webcam.fakes.time.manual import ManualClock

V4L2_NAMES = ["0", "7", "/dev/video0", "/dev/v4l/by-id/usb-x-index0", "usb:LAB1", "name:BRIO"]


def kind_of(name: str) -> type:
    return type(camera(DeviceAddress(name), ModeRequest(), ManualClock()))


def on(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)


@pytest.mark.parametrize("name", V4L2_NAMES)
def test_camera_of_linux_is_opened_by_v4l2(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    on(monkeypatch, "Linux")
    assert kind_of(name) is V4l2Camera


@pytest.mark.parametrize("system", ["Windows", "Darwin"])
def test_index_is_opencv_s_elsewhere(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    on(monkeypatch, system)
    assert kind_of("0") is OpenCvCamera


@pytest.mark.parametrize("name", ["opencv:0", "opencv:/dev/video0", "rtsp://host/front"])
def test_opencv_has_what_it_is_asked_for_and_what_lies_on_the_network(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    on(monkeypatch, "Linux")
    assert kind_of(name) is OpenCvCamera


def test_file_is_played(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    on(monkeypatch, "Linux")
    clip = tmp_path / "clip.avi"
    clip.touch()
    assert kind_of(str(clip)) is VideoFileCamera


def test_link_to_a_device_is_a_device(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    on(monkeypatch, "Linux")
    link = tmp_path / "front"
    link.symlink_to("/dev/null")
    assert kind_of(str(link)) is V4l2Camera


def test_name_that_is_too_long_for_a_device_is_invalid(monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, "Linux")
    assert kind_of("x" * 300) is not V4l2Camera


def test_synthetic_camera_is_a_fake() -> None:
    assert kind_of("synthetic:front?fps=5&parameters=0") is SyntheticCamera


def test_synthetic_camera_that_cannot_be_is_refused() -> None:
    with pytest.raises(CameraMisconfigured, match="unknown"):
        kind_of("synthetic:?colour=red")
