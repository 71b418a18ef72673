"""Rates and times of streams as far as FFmpeg reports true ones."""

import math

import cv2

from spot_webcam.adapters.opencv.device import Kind, OpenCvDevice
from spot_webcam.adapters.opencv.passthrough import codec_name
from spot_webcam.domain.instant import BUFFERED_GRAB_NS
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.sources.modes import JPEG_CODECS
from spot_webcam.domain.timing import NANOSECONDS

# FFmpeg reports the rate of its clock, such as 90 kHz, if it finds no other.
MAX_FPS = 1000.0
UNKNOWN_FPS = 25.0
MAX_BUFFERED = 250


def reported_fps(capture: cv2.VideoCapture, device: OpenCvDevice) -> float | None:
    """Return the rate that a camera reports, if any."""
    fps = capture.get(cv2.CAP_PROP_FPS)
    if not 0 < fps <= MAX_FPS or _has_no_times(capture, device):
        return None
    return float(fps)


def stream_time_ns(capture: cv2.VideoCapture, device: OpenCvDevice) -> int | None:
    """Return the time of the last grab in the stream, by RTP or the container."""
    if device.kind is not Kind.URL or _has_no_times(capture, device):
        return None
    # OpenCV 4.8 reports 0 or a large negative number for every undecoded packet.
    position_ms = capture.get(cv2.CAP_PROP_POS_MSEC)
    return round(position_ms * 1e6) if 0 < position_ms < math.inf else None


def _has_no_times(capture: cv2.VideoCapture, device: OpenCvDevice) -> bool:
    """Report whether this is Motion JPEG over HTTP: FFmpeg assumes 25 pictures a second."""
    over_http = str(device.target).lower().startswith("http")
    return over_http and codec_name(capture).upper() in JPEG_CODECS


def skip_buffered(
    capture: cv2.VideoCapture, device: OpenCvDevice, clock: Clock, *, decodes: bool
) -> bool:
    """Skip buffered frames up to the newest; return False if the stream ends meanwhile.

    FFmpeg reads some twenty frames of RTSP to detect the rate, and delivers them as if they were
    new.
    """
    # Decoding takes time even for a buffered frame.
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
