"""Pass-through of a camera's own JPEGs from `cv2.VideoCapture`, which decodes by default."""

import math

import cv2
import numpy as np

from spot_webcam.adapters.opencv.capture import retrieve_pixels
from spot_webcam.domain.errors import CorruptFrame
from spot_webcam.domain.media.image import Pixels
from spot_webcam.domain.media.jpeg import JpegPicture, inspect_jpeg
from spot_webcam.domain.sources.modes import JPEG_CODECS

# Value of CAP_PROP_FORMAT for undecoded packets.
RAW_PACKETS = -1


def codec_name(capture: cv2.VideoCapture) -> str:
    """Return the letters of the FOURCC, empty if unknown."""
    fourcc = capture.get(cv2.CAP_PROP_FOURCC)
    if not math.isfinite(fourcc) or not 0 < fourcc < 1 << 32:
        return ""
    return int(fourcc).to_bytes(4, "little").decode("ascii", "replace").rstrip("\0 ")


def hand_over_jpegs(capture: cv2.VideoCapture, backend: int) -> bool:
    """Request undecoded Motion JPEG, and return whether the backend will deliver it.

    To be called before the first grab: FFmpeg cannot switch later.
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
    """Return the grabbed JPEG, inspected and not decoded.

    Raises:
        CorruptFrame: the bytes are not a complete JPEG.
    """
    data = retrieve_pixels(capture)
    if not are_bytes(data):
        raise CorruptFrame(f"invalid JPEG: an array of shape {data.shape}")
    return inspect_jpeg(data.tobytes())


def are_bytes(data: Pixels) -> bool:
    """Report whether a backend delivered undecoded bytes."""
    return data.dtype == np.uint8 and data.size == max(data.shape, default=0)


def is_one_field(capture: cv2.VideoCapture, jpeg: JpegPicture) -> bool:
    """Report whether a JPEG is one field of interlaced video, with every other row."""
    rows = capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    return jpeg.rows > 1 and abs(rows - 2 * jpeg.rows) <= 1
