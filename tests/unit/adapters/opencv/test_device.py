from pathlib import Path

import cv2
import pytest

from spot_webcam.adapters.opencv import opencv_camera
from spot_webcam.adapters.opencv.camera import OpenCvCamera
from spot_webcam.adapters.opencv.device import Kind, OpenCvDevice, opencv_device
from spot_webcam.adapters.opencv.video_file import VideoFileCamera
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.fakes.time.manual import ManualClock

WITH_GSTREAMER = cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("0", "/dev/video0"),
        ("012", "/dev/video12"),
        ("/dev/video2", "/dev/video2"),
        ("/dev/v4l/by-id/usb-cam", "/dev/v4l/by-id/usb-cam"),
        ("/dev/null", "/dev/null"),
    ],
)
def test_index_and_device_path_are_a_device(name: str, path: str) -> None:
    device = opencv_device(DeviceAddress(name))
    assert device == OpenCvDevice(Kind.DEVICE, DeviceAddress(path), cv2.CAP_V4L2)
    assert device.path == Path(path)
    assert str(device) == path


def test_link_to_a_device_is_a_device(tmp_path: Path) -> None:
    link = tmp_path / "front"
    link.symlink_to("/dev/null")
    assert opencv_device(DeviceAddress(str(link))).kind is Kind.DEVICE


@pytest.mark.parametrize(
    "name", ["rtsp://host/front", "http://host:8080/mjpg", "HTTPS://host/x", "udp://@:1234"]
)
def test_url_is_a_network_camera_with_timeouts(name: str) -> None:
    device = opencv_device(DeviceAddress(name))
    assert (device.kind, device.target, device.path) == (Kind.URL, DeviceAddress(name), None)
    assert device.backend == cv2.CAP_FFMPEG
    assert set(device.params[::2]) == {
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
        cv2.CAP_PROP_READ_TIMEOUT_MSEC,
    }
    assert all(0 < timeout_ms <= 10_000 for timeout_ms in device.params[1::2])


def test_patience_makes_timeouts_longer() -> None:
    device = opencv_device(DeviceAddress("rtsp://host/front"))
    patient = device.with_timeout_factor(3)
    assert patient.params[::2] == device.params[::2]
    assert patient.params[1::2] == tuple(3 * timeout_ms for timeout_ms in device.params[1::2])
    assert device.with_timeout_factor(1) == device
    assert opencv_device(DeviceAddress("walk.avi")).with_timeout_factor(3) == opencv_device(
        DeviceAddress("walk.avi")
    )


def test_user_and_password_are_escaped_for_ffmpeg() -> None:
    device = opencv_device(DeviceAddress("rtsp://admin:2024#Cam@host/front"))
    assert device.target == DeviceAddress("rtsp://admin:2024%23Cam@host/front")


def test_file_of_a_url_is_a_video_file(tmp_path: Path) -> None:
    name = tmp_path / "a walk%20.avi"
    name.touch()
    expected = OpenCvDevice(Kind.FILE, DeviceAddress(str(name)), cv2.CAP_FFMPEG)
    for url in (name.as_uri(), f"file://{name}", f"FILE:{name}", f"file://localhost{name}"):
        assert opencv_device(DeviceAddress(url)) == expected
    assert opencv_device(DeviceAddress("file:walk.avi")).path == Path("walk.avi")
    assert opencv_device(DeviceAddress(f"file:///{'x' * 300}")).kind is Kind.FILE


@pytest.mark.parametrize("url", ["file://host/walk.avi", "file:", "file://"])
def test_url_of_no_file_is_refused(url: str) -> None:
    with pytest.raises(CameraMisconfigured, match="file:///PATH"):
        opencv_device(DeviceAddress(url))


@pytest.mark.parametrize("name", ["walk.avi", "/videos/walk.mp4", "./0", "dev/video0", "a!b"])
def test_other_path_is_a_video_file(name: str) -> None:
    device = opencv_device(DeviceAddress(name))
    assert device == OpenCvDevice(Kind.FILE, DeviceAddress(name), cv2.CAP_FFMPEG)
    assert device.path == Path(name)


def test_name_too_long_for_a_file_is_not_a_crash() -> None:
    assert opencv_device(DeviceAddress("x" * 300)).kind is Kind.FILE


def test_name_by_which_opencv_would_crash_is_refused() -> None:
    with pytest.raises(CameraMisconfigured, match="rename"):
        opencv_device(DeviceAddress("x\udcff.avi"))


@pytest.mark.skipif(WITH_GSTREAMER, reason="this build of OpenCV has GStreamer")
def test_pipeline_without_gstreamer_is_refused_with_the_way_out() -> None:
    with pytest.raises(CameraMisconfigured, match="install one with it"):
        opencv_device(DeviceAddress("videotestsrc ! appsink"))


@pytest.mark.skipif(not WITH_GSTREAMER, reason="this build of OpenCV has no GStreamer")
def test_pipeline_is_for_gstreamer() -> None:
    device = opencv_device(DeviceAddress("videotestsrc ! appsink"))
    assert (device.kind, device.backend) == (Kind.PIPELINE, cv2.CAP_GSTREAMER)


def test_password_is_not_shown() -> None:
    device = opencv_device(DeviceAddress("rtsp://user:secret@host/front"))
    assert device.target == DeviceAddress("rtsp://user:secret@host/front")
    assert str(device) == "rtsp://host/front"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("0", OpenCvCamera), ("rtsp://host/front", OpenCvCamera), ("walk.avi", VideoFileCamera)],
)
def test_camera_is_made_for_its_kind_and_not_opened(
    clock: ManualClock, name: str, kind: type
) -> None:
    assert type(opencv_camera(DeviceAddress(name), ModeRequest(), clock)) is kind
