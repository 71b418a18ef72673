"""Any live camera that OpenCV opens: a device, a URL, a pipeline."""

import math

import cv2

from spot_webcam.adapters.opencv.capture import open_capture, retrieve_picture
from spot_webcam.adapters.opencv.device import Kind, OpenCvDevice
from spot_webcam.domain.capture_time import now
from spot_webcam.domain.errors import CameraAbsent, CameraMisconfigured, NoData
from spot_webcam.domain.image import CaptureSettings, Picture
from spot_webcam.domain.ports import CameraMode, Clock, ModeRequest

# V4L2_CID_EXPOSURE_ABSOLUTE counts these: docs.kernel.org, "Camera Control Reference".
V4L2_EXPOSURE_UNIT_S = 100e-6
# Tries to get a first picture that decodes, from which the size is taken.
FIRST_PICTURE_TRIES = 5


class OpenCvCamera:
    """A `Camera` on `cv2.VideoCapture`. A read that hangs, hangs as long as the backend does."""

    def __init__(self, device: OpenCvDevice, request: ModeRequest, clock: Clock) -> None:
        self._device = device
        self._request = request
        self._clock = clock
        self._capture: cv2.VideoCapture | None = None

    def open(self) -> CameraMode:
        """Open, ask for the mode, and read back what was granted."""
        self.close()
        self._capture = capture = open_capture(self._device)
        self._ask_for_mode(capture)
        picture = self._first_picture(capture)
        fps = capture.get(cv2.CAP_PROP_FPS)
        return CameraMode(
            cols=picture.cols,
            rows=picture.rows,
            layout=picture.layout,
            fps=fps if math.isfinite(fps) and fps > 0 else None,
            codec=_fourcc_name(capture.get(cv2.CAP_PROP_FOURCC)),
        )

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

    def _first_picture(self, capture: cv2.VideoCapture) -> Picture:
        """Take a picture to learn its true size: properties tell another one at times."""
        for _ in range(FIRST_PICTURE_TRIES):
            if not capture.grab():
                raise self._no_data()
            done, _ = capture.retrieve()
            if done:
                return retrieve_picture(capture)
        raise CameraMisconfigured(f"{self._device} delivers nothing that decodes as a picture")

    def grab(self) -> int | None:
        """Wait for the next picture; V4L2 tells when the driver filled its buffer."""
        capture = self._opened()
        if not capture.grab():
            raise self._no_data()
        if self._device.backend != cv2.CAP_V4L2:
            return None
        # The buffer's CLOCK_MONOTONIC in milliseconds; 0 where the driver stamps nothing.
        stamp_ms = capture.get(cv2.CAP_PROP_POS_MSEC)
        if not stamp_ms > 0:
            return None
        moment = now(self._clock)
        return moment.wall_ns - (moment.monotonic_ns - round(stamp_ms * 1e6))

    def retrieve(self) -> Picture:
        """Decode the picture of the last grab."""
        return retrieve_picture(self._opened())

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
            return CameraAbsent(f"{path} is gone: plug the camera in again")
        if self._device.kind is Kind.URL:
            return NoData(f"{self._device} sends nothing any more")
        return NoData(f"{self._device} delivers nothing: look at the cable, or cycle its power")


def _fourcc_name(fourcc: float) -> str:
    """Return the letters of a FOURCC, or nothing where there are none."""
    if not math.isfinite(fourcc) or fourcc <= 0:
        return ""
    return int(fourcc).to_bytes(4, "little").decode("ascii", "replace").rstrip("\0 ")
