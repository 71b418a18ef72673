"""A camera's own JPEGs out of `cv2.VideoCapture`, which decodes unless it is told not to."""

import math

import cv2
import numpy as np

from spot_webcam.adapters.opencv.capture import retrieve_pixels
from spot_webcam.domain.errors import CorruptFrame
from spot_webcam.domain.media.image import Pixels
from spot_webcam.domain.media.jpeg import JpegPicture, inspect_jpeg
from spot_webcam.domain.sources.modes import JPEG_CODECS

# Instead of a type of pixels: packets as they come.
RAW_PACKETS = -1


def codec_name(capture: cv2.VideoCapture) -> str:
    """Return the letters of the FOURCC, or nothing where there are none."""
    fourcc = capture.get(cv2.CAP_PROP_FOURCC)
    if not math.isfinite(fourcc) or not 0 < fourcc < 1 << 32:
        return ""
    return int(fourcc).to_bytes(4, "little").decode("ascii", "replace").rstrip("\0 ")


def hand_over_jpegs(capture: cv2.VideoCapture, backend: int) -> bool:
    """Have Motion JPEG handed over as it comes, and return whether that will be so.

    Before the first grab: FFmpeg cannot change its way later.
    """
    if codec_name(capture).upper() not in JPEG_CODECS:
        return False
    if backend == cv2.CAP_FFMPEG:
        capture.set(cv2.CAP_PROP_FORMAT, RAW_PACKETS)
        return bool(capture.get(cv2.CAP_PROP_FORMAT) == RAW_PACKETS)
    if backend == cv2.CAP_V4L2:
        return bool(capture.set(cv2.CAP_PROP_CONVERT_RGB, 0))
    return False


def retrieve_jpeg(capture: cv2.VideoCapture) -> JpegPicture:
    """Return the bytes of the picture that was grabbed, looked at and not decoded.

    Raises:
        CorruptFrame: they are no JPEG, or not a whole one.
    """
    data = retrieve_pixels(capture)
    if not are_bytes(data):
        raise CorruptFrame(f"an array of shape {data.shape} is no JPEG")
    return inspect_jpeg(data.tobytes())


def are_bytes(data: Pixels) -> bool:
    """Return whether a backend handed over bytes, and did not decode all the same."""
    return data.dtype == np.uint8 and data.size == max(data.shape, default=0)


def is_one_field(capture: cv2.VideoCapture, jpeg: JpegPicture) -> bool:
    """Return whether a JPEG is half a picture: interlaced video has one for every other row."""
    rows = capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    return jpeg.rows > 1 and abs(rows - 2 * jpeg.rows) <= 1
