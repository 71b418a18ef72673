"""What FFmpeg tells of the time in a stream, and which of it is made up."""

import math

import cv2

from spot_webcam.adapters.opencv.device import Kind, OpenCvDevice
from spot_webcam.adapters.opencv.passthrough import codec_name
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.sources.modes import JPEG_CODECS
from spot_webcam.domain.timing import NANOSECONDS

# FFmpeg tells the rate of its clock, such as 90 kHz, where it found no other.
MAX_FPS = 1000.0
UNKNOWN_FPS = 25.0
# A grab that takes less came from FFmpeg's buffer, where there is nothing to decode.
BUFFERED_GRAB_NS = 2_000_000
MAX_BUFFERED = 250


def reported_fps(capture: cv2.VideoCapture, device: OpenCvDevice) -> float | None:
    """Return the rate that a camera tells, if it does."""
    fps = capture.get(cv2.CAP_PROP_FPS)
    if not 0 < fps <= MAX_FPS or _has_no_times(capture, device):
        return None
    return float(fps)


def stream_time_ns(capture: cv2.VideoCapture, device: OpenCvDevice) -> int | None:
    """Return RTP's or the container's time of the last grab, from the stream's beginning."""
    if device.kind is not Kind.URL or _has_no_times(capture, device):
        return None
    # OpenCV 4.8 says 0 of every packet that it hands over, or something far below.
    position_ms = capture.get(cv2.CAP_PROP_POS_MSEC)
    return round(position_ms * 1e6) if 0 < position_ms < math.inf else None


def _has_no_times(capture: cv2.VideoCapture, device: OpenCvDevice) -> bool:
    """Whether it is Motion JPEG over HTTP: FFmpeg counts its pictures, as 25 a second."""
    over_http = str(device.target).lower().startswith("http")
    return over_http and codec_name(capture).upper() in JPEG_CODECS


def skip_buffered(
    capture: cv2.VideoCapture, device: OpenCvDevice, clock: Clock, *, decodes: bool
) -> bool:
    """Go on to the newest picture; return whether there was one to wait for.

    Of RTSP, FFmpeg takes some twenty pictures to learn its rate, and hands them over as if they
    were new.
    """
    # What is decoded takes its time though it lies in a buffer.
    at_once_ns = BUFFERED_GRAB_NS
    if decodes:
        at_once_ns = int(NANOSECONDS / (reported_fps(capture, device) or UNKNOWN_FPS) / 2)
    for _ in range(MAX_BUFFERED):
        begun_ns = clock.monotonic_ns()
        if not capture.grab():
            return False
        if clock.monotonic_ns() - begun_ns >= at_once_ns:
            break
    return True
