"""A camera of an HTTP address is one of pictures, or one of video, as the address answers."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from spot_webcam.adapters.http_camera import HttpCamera, VideoInstead
from spot_webcam.app.cameras.web_camera import WebCamera
from spot_webcam.domain.errors import CameraAbsent, CameraMisconfigured, NoData
from spot_webcam.domain.media.image import CaptureSettings, Layout
from spot_webcam.domain.ports import Camera, CameraMode, ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.fakes.cameras import SyntheticCamera, SyntheticDevice
from spot_webcam.fakes.time.manual import ManualClock

URL = DeviceAddress("http://u:p%23w@host/walk.mp4")
MODE = CameraMode(640, 480, Layout.BGR8, 30.0)


class Pictures(HttpCamera):
    """A camera over HTTP that answers as it is made to."""

    def __init__(self, answer: CameraMode | Exception) -> None:
        super().__init__(DeviceAddress("http://host/x"), ModeRequest(), ManualClock())
        self.answer = answer
        self.calls: list[str] = []

    def open(self) -> CameraMode:
        self.calls.append("open")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def grab(self) -> int | None:
        self.calls.append("grab")
        return 7

    def stream_time_ns(self) -> int | None:
        return 8

    def close(self) -> None:
        self.calls.append("close")

    def interrupt(self) -> None:
        self.calls.append("interrupt")


@dataclass
class Videos:
    """Makes cameras of videos, and counts them."""

    made: list[tuple[DeviceAddress, bool]] = field(default_factory=list)

    def make(self, url: DeviceAddress, is_recording: bool) -> Camera:
        self.made.append((url, is_recording))
        return SyntheticCamera(SyntheticDevice(), ManualClock())


def video(*, is_recording: bool = True) -> VideoInstead:
    return VideoInstead("http://host/walk.mp4 sends video", URL, is_recording=is_recording)


def test_pictures_are_read_by_the_camera_itself() -> None:
    pictures, videos = Pictures(MODE), Videos()
    camera = WebCamera(pictures, videos.make)
    assert camera.open() == MODE
    assert camera.grab() == 7
    assert camera.stream_time_ns() == 8
    assert camera.settings() == CaptureSettings()
    camera.interrupt()
    camera.close()
    camera.close()
    assert pictures.calls == ["open", "grab", "interrupt", "close"]
    assert videos.made == []


def test_video_is_left_to_opencv_and_its_camera_is_kept() -> None:
    pictures, videos = Pictures(video()), Videos()
    camera = WebCamera(pictures, videos.make)
    for _ in range(2):
        assert camera.open().codec == "synthetic"
        camera.grab()
        assert camera.retrieve().cols == 640
        assert camera.stream_time_ns() is None
        camera.interrupt()
        camera.close()
    assert videos.made == [(DeviceAddress(f"opencv:{URL.reveal()}"), True)]
    assert pictures.calls == ["open", "close", "interrupt"] * 2


def test_address_that_has_changed_is_followed() -> None:
    pictures, videos = Pictures(video()), Videos()
    camera = WebCamera(pictures, videos.make)
    camera.open()
    pictures.answer = video(is_recording=False)
    camera.open()
    pictures.answer = MODE
    camera.open()
    assert camera.grab() == 7
    assert [is_recording for _, is_recording in videos.made] == [True, False]


@pytest.mark.parametrize("error", [CameraAbsent("no answer"), CameraMisconfigured("a web page")])
def test_errors_of_the_address_are_its_own(error: Exception) -> None:
    camera = WebCamera(Pictures(error), Videos().make)
    with pytest.raises(type(error), match=str(error)):
        camera.open()
    camera.close()
    for call in (camera.grab, camera.retrieve, camera.settings, camera.stream_time_ns):
        with pytest.raises(NoData):
            call()
