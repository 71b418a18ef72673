"""Opening and reading of `cv2.VideoCapture`, with errors by their cause."""

import errno
import os

import cv2
import numpy as np

from spot_webcam.adapters.opencv.device import Kind, OpenCvDevice
from spot_webcam.adapters.opencv.network import (
    TOO_MANY_FILES,
    check_connection,
    too_many_files,
    why_no_stream,
)
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CameraMisconfigured,
    CameraPermissionDenied,
    CorruptFrame,
    NoData,
)
from spot_webcam.domain.media.image import Layout, Picture, Pixels

_LAYOUTS = {1: Layout.GREY8, 3: Layout.BGR8, 4: Layout.BGRA8}


def open_capture(device: OpenCvDevice) -> cv2.VideoCapture:
    """Open the device; blocks as long as the backend does.

    Raises:
        CameraError: the device did not open; the class shows why.
    """
    refusal = _refusal(device)
    if refusal is not None:
        raise refusal
    if device.kind is Kind.URL:
        check_connection(device)
    target = device.target if isinstance(device.target, int) else device.target.reveal()
    params = [*device.params]
    if device.decoder_threads:
        params += [cv2.CAP_PROP_N_THREADS, device.decoder_threads]
    try:
        capture = cv2.VideoCapture(target, device.backend, params)
    except (cv2.error, SystemError) as error:  # SystemError wraps some cv2.error
        raise CameraMisconfigured(
            f"OpenCV cannot open {device}: {device.scrub(str(error))}"
        ) from error
    if not capture.isOpened():
        capture.release()
        raise _why_not_opened(device)
    return capture


def _refusal(device: OpenCvDevice) -> CameraError | None:
    """Check the file before OpenCV, which reports no reasons."""
    path = device.path
    if path is None:
        return None
    try:
        if device.kind is Kind.DEVICE:
            os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
        elif path.is_dir():
            return CameraMisconfigured(f"{device} is a folder: expected a video file")
        else:
            with path.open("rb"):
                pass
    except OSError as error:
        return _from_os_error(error, device)
    except ValueError:
        return CameraMisconfigured(f"invalid file name {str(device)!r}")
    return None


def _from_os_error(error: OSError, device: OpenCvDevice) -> CameraError:
    if error.errno in {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR}:
        return CameraAbsent(f"there is no {device}: plug the camera in, or correct the name")
    if error.errno in {errno.EACCES, errno.EPERM}:
        group = "video" if device.kind is Kind.DEVICE else "file's"
        return CameraPermissionDenied(
            f"{device}: opening the device is not permitted: add this user to the {group} group"
        )
    if error.errno == errno.EBUSY:
        return CameraBusy(f"{device} is in use by another program: end it")
    if error.errno in {errno.ENAMETOOLONG, errno.ELOOP}:
        return CameraMisconfigured(f"invalid file {device}: {os.strerror(error.errno)}")
    if error.errno in TOO_MANY_FILES:
        return too_many_files(str(device))
    return NoData(f"cannot open {device}: {os.strerror(error.errno or 0)}")


def _why_not_opened(device: OpenCvDevice) -> CameraError:
    if device.kind is Kind.DEVICE:
        return CameraBusy(
            f"{device} does not start: another program may use it, or it captures no video"
        )
    if device.kind is Kind.FILE:
        return CameraMisconfigured(f"{device} is not a video that OpenCV can decode")
    if device.kind is Kind.URL:
        return why_no_stream(device)
    return CameraMisconfigured(f"{device} does not start: try it with gst-launch-1.0")


def retrieve_picture(capture: cv2.VideoCapture) -> Picture:
    """Decode the grabbed frame.

    Raises:
        CorruptFrame: the frame cannot be decoded, or to an invalid picture.
    """
    return to_picture(retrieve_pixels(capture))


def retrieve_pixels(capture: cv2.VideoCapture) -> Pixels:
    """Return the array that OpenCV returns for the grabbed frame.

    Raises:
        CorruptFrame: the frame is empty or cannot be decoded.
    """
    try:
        done, pixels = capture.retrieve()
    except cv2.error as error:
        raise CorruptFrame(f"the picture cannot be decoded: {error.err}") from error
    if not done or pixels is None:
        raise CorruptFrame("the picture is empty, or cannot be decoded")
    return np.asarray(pixels)


def to_picture(pixels: Pixels) -> Picture:
    """Return OpenCV's array as a picture: BGR order, with 16-bit colour reduced to 8 bits.

    Raises:
        CorruptFrame: the shape or the type of the array is not supported.
    """
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    channels = pixels.shape[-1]
    layout = _LAYOUTS.get(channels)
    if pixels.ndim != 3 or layout is None or 0 in pixels.shape:
        raise CorruptFrame(f"invalid picture: an array of shape {pixels.shape}")
    if pixels.dtype == np.uint16 and channels == 1:
        return Picture(pixels[:, :, 0], Layout.GREY16)
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.dtype != np.uint8:
        raise CorruptFrame(f"invalid picture: an array of {pixels.dtype}")
    return Picture(pixels[:, :, 0] if channels == 1 else pixels, layout)
