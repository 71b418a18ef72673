"""Which camera stands behind a device name."""

import platform
from pathlib import Path

from spot_webcam.adapters.opencv import opencv_camera
from spot_webcam.domain.ports import Camera, Clock, ModeRequest

SYNTHETIC = "synthetic:"
# The way around our own V4L2, for a device that it does not understand.
OPENCV = "opencv:"
V4L2_NAMES = ("/dev/", "usb:", "name:")


def camera(device_name: str, request: ModeRequest, clock: Clock) -> Camera:
    """Return the camera of a device name, not opened yet.

    Raises:
        CameraMisconfigured: the name can never be opened here.
    """
    if device_name.startswith(SYNTHETIC):
        # Imported where it is asked for: a robot's daemon carries no fakes.
        from spot_webcam.fakes.cameras import synthetic_camera  # noqa: PLC0415

        return synthetic_camera(device_name, clock)
    if device_name.startswith(OPENCV):
        return opencv_camera(device_name.removeprefix(OPENCV), request, clock)
    if platform.system() == "Linux" and _is_v4l2(device_name):
        # Elsewhere nothing of V4L2 is imported.
        from spot_webcam.adapters.v4l2 import V4l2Camera  # noqa: PLC0415

        return V4l2Camera(device_name, request, clock)
    return opencv_camera(device_name, request, clock)


def _is_v4l2(device_name: str) -> bool:
    if device_name.isdecimal() or device_name.startswith(V4L2_NAMES):
        return True
    try:
        return Path(device_name).is_char_device()
    except OSError:  # a name that is too long for a file
        return False
