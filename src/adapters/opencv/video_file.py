"""Playback of a video file in place of a camera."""

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
from spot_webcam.adapters.opencv.stream import MAX_FPS
from spot_webcam.domain.errors import CorruptFrame, NoData
from spot_webcam.domain.media.image import CaptureSettings, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import CameraMode, Clock
from spot_webcam.domain.timing import NANOSECONDS

# For files without a rate, or with an implausible one.
FALLBACK_FPS = 25.0
# Maximum damaged pictures at the beginning, plus one.
FIRST_PICTURE_TRIES = 5


class VideoFileCamera:
    """A `Camera` and `StreamTimed` that plays a file at its own rate in a loop.

    Motion JPEG is passed through.
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
        """Open the file and read its first picture, for the size."""
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
        """Start at the first picture; reopens the file, as not every container can seek."""
        if self._capture is not None:
            self._capture.release()
        self._capture = capture = open_capture(self._device)
        self._jpegs = self._jpegs and hand_over_jpegs(capture, self._device.backend)
        return capture

    def _first_picture(self, capture: cv2.VideoCapture) -> Picture | JpegPicture:
        """Return the first valid picture near the beginning."""
        for _ in range(FIRST_PICTURE_TRIES):
            if not capture.grab():
                break
            with suppress(CorruptFrame):
                return self._picture(capture)
        raise CorruptFrame(f"{self._device} holds no valid picture")

    def grab(self) -> int | None:
        """Wait until the next picture is due; the first follows the last."""
        capture = self._opened()
        if not capture.grab():
            capture = self._start()
            if not capture.grab():
                raise CorruptFrame(f"{self._device} holds no valid picture")
        self._wait_until_due()
        self._played += 1
        return None

    def _wait_until_due(self) -> None:
        now_ns = self._clock.monotonic_ns()
        early_ns = self._due_ns - now_ns
        if early_ns > 0 and self._clock.wait(self._interrupted, early_ns / NANOSECONDS):
            raise NoData(f"{self._device} was interrupted")
        # After a late call the schedule continues from now: missed frames are not caught up.
        self._due_ns = max(self._due_ns, now_ns) + self._period_ns

    def retrieve(self) -> Picture | JpegPicture:
        """Return the picture of the last grab: the file's own JPEG, or decoded pixels."""
        return self._picture(self._opened())

    def _picture(self, capture: cv2.VideoCapture) -> Picture | JpegPicture:
        return retrieve_jpeg(capture) if self._jpegs else retrieve_picture(capture)

    def stream_time_ns(self) -> int:
        """Return the playback time since the first grab, so that a still scene is not frozen."""
        return self._played * self._period_ns

    def settings(self) -> CaptureSettings:
        """Return no settings: files have none."""
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
