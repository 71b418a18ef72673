"""Any live camera that OpenCV opens: a device, a URL, a pipeline."""

import cv2

from spot_webcam.adapters.opencv.capture import open_capture, retrieve_picture, retrieve_pixels
from spot_webcam.adapters.opencv.device import Kind, OpenCvDevice
from spot_webcam.adapters.opencv.passthrough import (
    are_bytes,
    codec_name,
    hand_over_jpegs,
    is_one_field,
    retrieve_jpeg,
)
from spot_webcam.adapters.opencv.stream import reported_fps, skip_buffered, stream_time_ns
from spot_webcam.domain.errors import CameraAbsent, CorruptFrame, NoData
from spot_webcam.domain.media.image import CaptureSettings, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import CameraMode, Clock, ModeRequest
from spot_webcam.domain.timing import now

# V4L2_CID_EXPOSURE_ABSOLUTE counts these: docs.kernel.org, "Camera Control Reference".
V4L2_EXPOSURE_UNIT_S = 100e-6
# Tries to get a first picture that is one, from which the size is taken.
FIRST_PICTURE_TRIES = 5
# The timeouts are as many times as long at every second try, until one of the two has worked.
MAX_PATIENCE = 3


class OpenCvCamera:
    """A `Camera` and `StreamTimed` on `cv2.VideoCapture`.

    Motion JPEG is handed over as it came. A read that hangs, hangs as long as the backend does;
    for a network camera, two seconds.
    """

    def __init__(self, device: OpenCvDevice, request: ModeRequest, clock: Clock) -> None:
        self._device = device
        self._request = request
        self._clock = clock
        self._capture: cv2.VideoCapture | None = None
        self._jpegs = False
        self._grabbed = False
        # Some network cameras need more time than is good for finding the others again.
        self._patience = 1
        self._patience_proved = False

    def open(self) -> CameraMode:
        """Open, ask for the mode, and read back what was granted."""
        try:
            mode = self._open()
        except NoData:
            if not self._patience_proved:
                self._patience = MAX_PATIENCE if self._patience == 1 else 1
            raise
        self._patience_proved = True
        return mode

    def _open(self) -> CameraMode:
        capture = self._start()
        picture = self._first_picture(capture)
        if isinstance(picture, JpegPicture) and is_one_field(capture, picture):
            capture = self._start(decode=True)
            picture = self._first_picture(capture)
        if self._device.kind is Kind.URL and not skip_buffered(
            capture, self._device, self._clock, decodes=not self._jpegs
        ):
            raise self._no_data()
        return CameraMode(
            cols=picture.cols,
            rows=picture.rows,
            layout=picture.layout,
            fps=reported_fps(capture, self._device),
            codec=codec_name(capture),
        )

    def _start(self, *, decode: bool = False) -> cv2.VideoCapture:
        self.close()
        self._capture = capture = open_capture(self._device.with_patience(self._patience))
        self._ask_for_mode(capture)
        self._jpegs = not decode and hand_over_jpegs(capture, self._device.backend)
        return capture

    def _ask_for_mode(self, capture: cv2.VideoCapture) -> None:
        # The order matters to V4L2: a codec has its own sizes, a size its own rates. The
        # answers of set() do not: it says True to what it ignored.
        request = self._request
        if request.codec is not None:
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*request.codec))
        if request.cols is not None:
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, request.cols)
        if request.rows is not None:
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, request.rows)
        if request.fps is not None:
            capture.set(cv2.CAP_PROP_FPS, request.fps)

    def _first_picture(self, capture: cv2.VideoCapture) -> Picture | JpegPicture:
        """Take a picture to learn its true size: properties tell another one at times."""
        corrupt = CorruptFrame(f"{self._device} delivers nothing that is a picture")
        for _ in range(FIRST_PICTURE_TRIES):
            if not capture.grab():
                raise self._no_data()
            try:
                if self._jpegs and not are_bytes(retrieve_pixels(capture)):
                    self._jpegs = False  # decoded all the same
                return self._picture(capture)
            except CorruptFrame as error:
                corrupt = error
        raise corrupt

    def grab(self) -> int | None:
        """Wait for the next picture; V4L2 tells when the driver filled its buffer."""
        capture = self._opened()
        self._grabbed = False
        if not capture.grab():
            raise self._no_data()
        self._grabbed = True
        if self._device.backend != cv2.CAP_V4L2:
            return None
        # The buffer's CLOCK_MONOTONIC in milliseconds; 0 where the driver stamps nothing.
        stamp_ms = capture.get(cv2.CAP_PROP_POS_MSEC)
        if not stamp_ms > 0:
            return None
        moment = now(self._clock)
        return moment.wall_ns - (moment.monotonic_ns - round(stamp_ms * 1e6))

    def retrieve(self) -> Picture | JpegPicture:
        """Return the picture of the last grab: a JPEG as it came, else decoded."""
        capture = self._opened()
        if not self._grabbed:
            raise NoData(f"nothing was grabbed from {self._device}")
        return self._picture(capture)

    def _picture(self, capture: cv2.VideoCapture) -> Picture | JpegPicture:
        return retrieve_jpeg(capture) if self._jpegs else retrieve_picture(capture)

    def stream_time_ns(self) -> int | None:
        """Return what the stream tells."""
        return None if self._capture is None else stream_time_ns(self._capture, self._device)

    def settings(self) -> CaptureSettings:
        """Ask the driver; other backends answer 0 to what they do not know."""
        if self._capture is None or self._device.backend != cv2.CAP_V4L2:
            return CaptureSettings()
        exposure = self._capture.get(cv2.CAP_PROP_EXPOSURE)
        gain = self._capture.get(cv2.CAP_PROP_GAIN)
        return CaptureSettings(
            exposure_s=exposure * V4L2_EXPOSURE_UNIT_S if exposure > 0 else None,
            gain_db=gain if gain >= 0 else None,
        )

    def close(self) -> None:
        """Release the capture."""
        self._grabbed = False
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _opened(self) -> cv2.VideoCapture:
        if self._capture is None:
            raise NoData(f"{self._device} is not open")
        return self._capture

    def _no_data(self) -> CameraAbsent | NoData:
        path = self._device.path
        if path is not None and not path.exists():
            return CameraAbsent(f"{self._device} is gone: plug the camera in again")
        if self._device.kind is Kind.URL:
            return NoData(f"{self._device} sends nothing any more")
        return NoData(f"{self._device} delivers nothing: look at the cable, or cycle its power")
