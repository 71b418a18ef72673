import platform
from pathlib import Path

import pytest

from spot_webcam.adapters.opencv import OpenCvCamera
from spot_webcam.adapters.opencv.video_file import VideoFileCamera
from spot_webcam.adapters.v4l2 import V4l2Camera
from spot_webcam.app.cameras.factory import camera
from spot_webcam.app.cameras.web_camera import WebCamera
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


@pytest.mark.parametrize("name", ["http://host/x", "HTTPS://u:p#w@host/x"])
def test_address_of_http_is_asked_for_what_it_sends(name: str) -> None:
    assert kind_of(name) is WebCamera
    assert kind_of(f"opencv:{name}") is OpenCvCamera


def test_video_over_http_is_played_here_unless_another_place_is_named() -> None:
    url = DeviceAddress("opencv:http://host/x.mp4")
    made = [
        camera(url, ModeRequest(), ManualClock(), is_recording=is_recording)
        for is_recording in (False, True)
    ]
    assert list(map(type, made)) == [OpenCvCamera, VideoFileCamera]


@pytest.mark.parametrize(
    ("name", "certificate"),
    [("http://", ""), ("http://u:1?2@host/x", ""), ("https://host/x", "/nowhere.pem")],
)
def test_address_of_http_that_can_never_be_opened_is_refused(name: str, certificate: str) -> None:
    with pytest.raises(CameraMisconfigured):
        camera(DeviceAddress(name), ModeRequest(), ManualClock(), certificate=certificate)


def test_file_is_played(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    on(monkeypatch, "Linux")
    clip = tmp_path / "clip.avi"
    clip.touch()
    assert kind_of(str(clip)) is VideoFileCamera
    assert kind_of(clip.as_uri()) is VideoFileCamera


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
