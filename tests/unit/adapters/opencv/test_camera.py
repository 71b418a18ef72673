from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from spot_webcam.adapters.opencv.camera import KEY_FRAME_TIMEOUT_FACTOR, OpenCvCamera
from spot_webcam.adapters.opencv.device import Kind, OpenCvDevice, opencv_device
from spot_webcam.adapters.opencv.passthrough import RAW_PACKETS
from spot_webcam.domain.errors import CameraAbsent, CameraError, CorruptFrame, NoData
from spot_webcam.domain.media.image import CaptureSettings, Layout, Picture
from spot_webcam.domain.media.jpeg import inspect_jpeg
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.fakes.cameras import jpeg_frame, parse_synthetic_device
from spot_webcam.fakes.time.manual import ManualClock

URL = OpenCvDevice(Kind.URL, DeviceAddress("rtsp://user:secret@host/front"), cv2.CAP_FFMPEG)


def v4l2(path: Path) -> OpenCvDevice:
    return OpenCvDevice(Kind.DEVICE, DeviceAddress(str(path)), cv2.CAP_V4L2)


class Capture:
    """A `cv2.VideoCapture` with configured answers."""

    def __init__(self, **properties: float) -> None:
        self.properties = {getattr(cv2, name): value for name, value in properties.items()}
        self.asked: list[tuple[int, float]] = []
        self.grabs = True
        self.released = 0

    def grab(self) -> bool:
        return self.grabs

    def retrieve(self) -> tuple[bool, Any]:
        return True, np.zeros((6, 8, 3), np.uint8)

    def get(self, prop: int) -> float:
        return self.properties.get(prop, 0.0)

    def set(self, prop: int, value: float) -> bool:
        self.asked.append((prop, value))
        return True

    def release(self) -> None:
        self.released += 1


def opened(
    device: OpenCvDevice, clock: ManualClock, capture: Capture, request: ModeRequest | None = None
) -> OpenCvCamera:
    opening: Any = lambda _: capture  # noqa: E731
    camera = OpenCvCamera(device, request or ModeRequest(), clock, open_capture=opening)
    camera.open()
    return camera


def test_driver_stamp_is_turned_into_wall_time(clock: ManualClock, tmp_path: Path) -> None:
    clock.advance(100.0)
    camera = opened(v4l2(tmp_path), clock, Capture(CAP_PROP_POS_MSEC=99_975.0))
    assert camera.grab() == clock.time_ns() - 25_000_000


@pytest.mark.parametrize("stamp_ms", [0.0, -1.0, float("nan")])
def test_driver_that_stamps_nothing_reports_no_time(
    clock: ManualClock, tmp_path: Path, stamp_ms: float
) -> None:
    camera = opened(v4l2(tmp_path), clock, Capture(CAP_PROP_POS_MSEC=stamp_ms))
    assert camera.grab() is None


def test_position_in_a_stream_is_not_a_capture_time(clock: ManualClock) -> None:
    assert opened(URL, clock, Capture(CAP_PROP_POS_MSEC=5000.0)).grab() is None


@pytest.mark.parametrize(
    ("exposure", "gain", "settings"),
    [
        (156.0, 12.0, CaptureSettings(0.0156, 12.0)),
        (0.0, 0.0, CaptureSettings(None, 0.0)),
        (-1.0, -1.0, CaptureSettings()),
    ],
)
def test_settings_are_the_drivers(
    clock: ManualClock, tmp_path: Path, exposure: float, gain: float, settings: CaptureSettings
) -> None:
    capture = Capture(CAP_PROP_EXPOSURE=exposure, CAP_PROP_GAIN=gain)
    reported = opened(v4l2(tmp_path), clock, capture).settings()
    assert reported.exposure_s == (None if settings.exposure_s is None else pytest.approx(0.0156))
    assert reported.gain_db == settings.gain_db


def test_network_camera_reports_no_settings(clock: ManualClock) -> None:
    capture = Capture(CAP_PROP_EXPOSURE=100.0, CAP_PROP_GAIN=3.0)
    assert opened(URL, clock, capture).settings() == CaptureSettings()


def test_mode_is_asked_for_in_the_order_that_v4l2_needs(clock: ManualClock, tmp_path: Path) -> None:
    capture = Capture()
    opened(v4l2(tmp_path), clock, capture, ModeRequest(1280, 720, 30.0, "MJPG"))
    assert capture.asked == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, 1280),
        (cv2.CAP_PROP_FRAME_HEIGHT, 720),
        (cv2.CAP_PROP_FPS, 30.0),
    ]


def test_nothing_is_asked_for_that_was_not_wanted(clock: ManualClock, tmp_path: Path) -> None:
    capture = Capture()
    opened(v4l2(tmp_path), clock, capture)
    assert capture.asked == []


@pytest.mark.parametrize(
    ("name", "device_kind", "kind", "says"),
    [
        ("gone", Kind.DEVICE, CameraAbsent, "plug the camera in again"),
        ("", Kind.DEVICE, NoData, "look at the cable"),
        (None, Kind.URL, NoData, "rtsp://host/front has stopped sending"),
    ],
)
def test_camera_that_delivers_nothing_is_reported_with_the_remedy(
    clock: ManualClock,
    tmp_path: Path,
    name: str | None,
    device_kind: Kind,
    kind: type[CameraError],
    says: str,
) -> None:
    device = URL if name is None else v4l2(tmp_path / name)
    assert device.kind is device_kind
    capture = Capture()
    camera = opened(device, clock, capture)
    capture.grabs = False
    with pytest.raises(kind, match=says):
        camera.grab()


def test_camera_that_is_not_open_has_no_data(clock: ManualClock) -> None:
    camera = OpenCvCamera(URL, ModeRequest(), clock)
    for call in (camera.grab, camera.retrieve):
        with pytest.raises(NoData, match="is not open"):
            call()
    assert camera.settings() == CaptureSettings()


def test_picture_of_the_last_grab_is_retrieved(clock: ManualClock) -> None:
    camera = opened(URL, clock, Capture())
    with pytest.raises(NoData, match="nothing was grabbed"):
        camera.retrieve()
    camera.grab()
    assert camera.retrieve().layout is Layout.BGR8


def test_camera_is_released_once_however_often_it_is_closed(clock: ManualClock) -> None:
    capture = Capture()
    camera = opened(URL, clock, capture)
    camera.close()
    camera.close()
    assert capture.released == 1


# Opening.

JPEG = jpeg_frame(parse_synthetic_device("synthetic:?size=64x48&codec=mjpg"), 1)
MJPG = float(cv2.VideoWriter.fourcc(*"MJPG"))


class JpegCapture(Capture):
    """A capture of Motion JPEG, which decodes by default."""

    def __init__(self, data: bytes = JPEG, **properties: float) -> None:
        super().__init__(CAP_PROP_FOURCC=MJPG, **properties)
        self.data = data
        self.decodes = True

    def set(self, prop: int, value: float) -> bool:
        self.properties[prop] = value
        self.decodes = self.decodes and prop not in {cv2.CAP_PROP_FORMAT, cv2.CAP_PROP_CONVERT_RGB}
        return True

    def retrieve(self) -> tuple[bool, Any]:
        if self.decodes:
            return super().retrieve()
        return True, np.frombuffer(self.data, np.uint8)[np.newaxis]


class StubbornCapture(JpegCapture):
    """One that says that it would hand over bytes, and decodes."""

    def retrieve(self) -> tuple[bool, Any]:
        return Capture.retrieve(self)


class Openings:
    """Stands in for `open_capture`: each opening returns, or raises, the next outcome."""

    def __init__(self, *outcomes: Capture | CameraError) -> None:
        self._left = list(outcomes)
        self.opened: list[OpenCvDevice] = []

    def __call__(self, device: OpenCvDevice) -> Any:
        self.opened.append(device)
        outcome = self._left.pop(0)
        if isinstance(outcome, CameraError):
            raise outcome
        return outcome


def test_camera_hands_over_its_jpegs_over_v4l2(clock: ManualClock, tmp_path: Path) -> None:
    openings = Openings(JpegCapture(JPEG + bytes(500)))
    camera = OpenCvCamera(v4l2(tmp_path), ModeRequest(codec="MJPG"), clock, open_capture=openings)
    mode = camera.open()
    assert (mode.cols, mode.rows, mode.layout, mode.codec) == (64, 48, Layout.BGR8, "MJPG")
    camera.grab()
    assert camera.retrieve() == inspect_jpeg(JPEG)


def test_driver_that_decodes_all_the_same_is_read_as_it_is(
    clock: ManualClock, tmp_path: Path
) -> None:
    openings = Openings(StubbornCapture())
    camera = OpenCvCamera(v4l2(tmp_path), ModeRequest(), clock, open_capture=openings)
    assert camera.open().cols == 8
    camera.grab()
    assert isinstance(camera.retrieve(), Picture)


def test_interlaced_video_is_opened_again_to_be_decoded(clock: ManualClock) -> None:
    first = JpegCapture(CAP_PROP_FRAME_HEIGHT=96.0)
    openings = Openings(first, JpegCapture(CAP_PROP_FRAME_HEIGHT=96.0))
    camera = OpenCvCamera(URL, ModeRequest(), clock, open_capture=openings)
    assert camera.open().cols == 8
    assert len(openings.opened) == 2
    assert first.released == 1
    camera.grab()
    assert isinstance(camera.retrieve(), Picture)


def test_first_picture_may_be_damaged_and_not_all(clock: ManualClock) -> None:
    class OneBad(JpegCapture):
        left = 1

        def grab(self) -> bool:
            self.data, self.left = (JPEG[:200], 0) if self.left else (JPEG, 0)
            return True

    openings = Openings(OneBad(), JpegCapture(JPEG[:200]))
    camera = OpenCvCamera(URL, ModeRequest(), clock, open_capture=openings)
    assert camera.open().cols == 64
    with pytest.raises(CorruptFrame, match="cut off"):
        camera.open()


def silent() -> Capture:
    capture = JpegCapture()
    capture.grabs = False
    return capture


def test_timeouts_alternate_until_they_have_worked(clock: ManualClock) -> None:
    device = opencv_device(DeviceAddress("rtsp://host/front"))
    patient = device.with_timeout_factor(3)
    gone, mute = CameraAbsent("off"), NoData("mute")
    openings = Openings(mute, gone, silent(), mute, JpegCapture(), silent(), mute, JpegCapture())
    camera = OpenCvCamera(device, ModeRequest(), clock, open_capture=openings)
    for _ in range(8):
        with suppress(CameraError):
            camera.open()
    # A camera that is off says nothing about the timeouts.
    assert openings.opened == [device, patient, patient, device, patient, patient, patient, patient]


# Decoder threads.


def of_size(cols: int, rows: int) -> Capture:
    capture = Capture()
    capture.retrieve = lambda: (True, np.zeros((rows, cols, 3), np.uint8))  # type: ignore[method-assign]
    return capture


def test_video_is_decoded_by_one_thread_which_delays_no_picture(clock: ManualClock) -> None:
    device = opencv_device(DeviceAddress("rtsp://host/front"))
    openings = Openings(of_size(1920, 1080))
    OpenCvCamera(device, ModeRequest(), clock, open_capture=openings).open()
    assert [one.decoder_threads for one in openings.opened] == [1]


def test_larger_video_is_decoded_by_all_processors(clock: ManualClock) -> None:
    device = opencv_device(DeviceAddress("rtsp://host/front"))
    openings = Openings(*(of_size(2560, 1440) for _ in range(3)))
    camera = OpenCvCamera(device, ModeRequest(), clock, open_capture=openings)
    assert camera.open().cols == 2560
    camera.open()  # it is known by now
    assert [one.decoder_threads for one in openings.opened] == [1, 0, 0]


def test_jpegs_of_any_size_are_not_decoded(clock: ManualClock) -> None:
    device = opencv_device(DeviceAddress("rtsp://host/front"))
    capture = JpegCapture()
    capture.data = jpeg_frame(parse_synthetic_device("synthetic:?size=2560x1440&codec=mjpg"), 1)
    openings = Openings(capture)
    OpenCvCamera(device, ModeRequest(), clock, open_capture=openings).open()
    assert [one.decoder_threads for one in openings.opened] == [1]


# Key frames.


class VideoCapture(Capture):
    """A `cv2.VideoCapture` of H.264, which decodes nothing, and may send packets."""

    def __init__(self, *, packets: bool, cols: float = 64.0) -> None:
        super().__init__(CAP_PROP_FRAME_WIDTH=cols)
        self.packets = packets

    def grab(self) -> bool:
        return self.packets and self.properties.get(cv2.CAP_PROP_FORMAT) == RAW_PACKETS

    def set(self, prop: int, value: float) -> bool:
        self.properties[prop] = value
        return super().set(prop, value)


def test_stream_before_its_key_frame_has_not_stopped(clock: ManualClock) -> None:
    device = opencv_device(DeviceAddress("rtsp://host/front"))
    patient = device.with_timeout_factor(KEY_FRAME_TIMEOUT_FACTOR)
    captures = [VideoCapture(packets=True) for _ in range(4)]
    openings = Openings(*captures, Capture())
    camera = OpenCvCamera(device, ModeRequest(), clock, open_capture=openings)
    for _ in range(2):
        with pytest.raises(NoData, match="waiting for a key frame"):
            camera.open()
    assert camera.open().cols == 8
    # Each failure is followed by a look at what is sent, with the usual timeouts.
    assert openings.opened == [device, device, patient, device, patient]
    assert all(capture.released for capture in captures)


def test_stream_without_packets_has_stopped(clock: ManualClock) -> None:
    for second in (VideoCapture(packets=False), CameraAbsent("off")):
        openings = Openings(VideoCapture(packets=False), second)
        camera = OpenCvCamera(URL, ModeRequest(), clock, open_capture=openings)
        with pytest.raises(NoData, match="has stopped sending"):
            camera.open()


class SizelessCapture(VideoCapture):
    """As FFmpeg is when it was opened before the key frame: it never decodes a picture."""

    def grab(self) -> bool:
        return True

    def retrieve(self) -> tuple[bool, Any]:
        return False, None


@pytest.mark.parametrize(("cols", "kind"), [(0.0, NoData), (64.0, CorruptFrame)])
def test_stream_whose_size_is_not_known_awaits_its_key_frame(
    clock: ManualClock, cols: float, kind: type[CameraError]
) -> None:
    openings = Openings(*(SizelessCapture(packets=True, cols=cols) for _ in range(2)))
    camera = OpenCvCamera(URL, ModeRequest(), clock, open_capture=openings)
    with pytest.raises(kind):
        camera.open()
