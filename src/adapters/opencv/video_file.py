"""A recording that stands in for a camera."""

import math
import threading
from contextlib import suppress

import cv2

from spot_webcam.adapters.opencv.capture import open_capture, retrieve_picture
from spot_webcam.adapters.opencv.device import OpenCvDevice
from spot_webcam.adapters.opencv.passthrough import (
    codec_name,
    hand_over_jpegs,
    is_one_field,
    retrieve_jpeg,
)
from spot_webcam.domain.errors import CorruptFrame, NoData
from spot_webcam.domain.media.image import CaptureSettings, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import CameraMode, Clock
from spot_webcam.domain.timing import NANOSECONDS

# For files that tell no rate, or one that no camera has.
FALLBACK_FPS = 25.0
MAX_FPS = 1000.0
# So many pictures at its beginning may be damaged.
FIRST_PICTURE_TRIES = 5


class VideoFileCamera:
    """A `Camera` that plays a file at its own rate, over and over.

    Of Motion JPEG it hands over the file's own bytes. It is `StreamTimed`, too.
    """

    def __init__(self, device: OpenCvDevice, clock: Clock) -> None:
        self._device = device
        self._clock = clock
        self._interrupted = threading.Event()
        self._capture: cv2.VideoCapture | None = None
        self._jpegs = True
        self._period_ns = 0
        self._due_ns = 0
        self._played = 0

    def open(self) -> CameraMode:
        """Open the file and decode its first picture, for the size."""
        self.close()
        self._jpegs = True
        capture = self._start()
        picture = self._first_picture(capture)
        if isinstance(picture, JpegPicture) and is_one_field(capture, picture):
            self._jpegs = False
            capture = self._start()
            picture = self._first_picture(capture)
        fps = capture.get(cv2.CAP_PROP_FPS)
        if not 0 < fps <= MAX_FPS:
            fps = FALLBACK_FPS
        self._period_ns = math.ceil(NANOSECONDS / fps)
        capture = self._start()
        self._due_ns = self._clock.monotonic_ns()
        self._interrupted.clear()
        codec = codec_name(capture) if self._jpegs else ""
        return CameraMode(picture.cols, picture.rows, picture.layout, fps, codec)

    def _start(self) -> cv2.VideoCapture:
        """Begin with the first picture; opened anew, for not every container can be wound back."""
        if self._capture is not None:
            self._capture.release()
        self._capture = capture = open_capture(self._device)
        self._jpegs = self._jpegs and hand_over_jpegs(capture, self._device.backend)
        return capture

    def _first_picture(self, capture: cv2.VideoCapture) -> Picture | JpegPicture:
        """Return the first picture that is one, if there is any near the beginning."""
        for _ in range(FIRST_PICTURE_TRIES):
            if not capture.grab():
                break
            with suppress(CorruptFrame):
                return self._picture(capture)
        raise CorruptFrame(f"{self._device} holds no picture")

    def grab(self) -> int | None:
        """Wait until the next picture is due; the file's first follows its last."""
        capture = self._opened()
        if not capture.grab():
            capture = self._start()
            if not capture.grab():
                raise CorruptFrame(f"{self._device} holds no picture")
        self._wait_until_due()
        self._played += 1
        return None

    def _wait_until_due(self) -> None:
        now_ns = self._clock.monotonic_ns()
        early_ns = self._due_ns - now_ns
        if early_ns > 0 and self._clock.wait(self._interrupted, early_ns / NANOSECONDS):
            raise NoData(f"{self._device} was interrupted")
        # Whoever is late goes on from now: a recording has no frames to catch up with.
        self._due_ns = max(self._due_ns, now_ns) + self._period_ns

    def retrieve(self) -> Picture | JpegPicture:
        """Return the picture of the last grab: a JPEG as it is in the file, else decoded."""
        return self._picture(self._opened())

    def _picture(self, capture: cv2.VideoCapture) -> Picture | JpegPicture:
        return retrieve_jpeg(capture) if self._jpegs else retrieve_picture(capture)

    def stream_time_ns(self) -> int:
        """Return the time since the first grab, as it is played: a still scene is not frozen."""
        return self._played * self._period_ns

    def settings(self) -> CaptureSettings:
        """A file tells nothing of its exposures."""
        return CaptureSettings()

    def interrupt(self) -> None:
        """End the wait for the next picture."""
        self._interrupted.set()

    def close(self) -> None:
        """Close the file."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _opened(self) -> cv2.VideoCapture:
        if self._capture is None:
            raise NoData(f"{self._device} is not open")
        return self._capture
