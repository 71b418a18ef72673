"""Which camera stands behind a device name."""

import platform
from collections.abc import Callable
from pathlib import Path

from spot_webcam.app.cameras.schemes import split_scheme
from spot_webcam.domain.ports import Camera, Clock, ModeRequest

SYNTHETIC = "synthetic:"
# The way around our own V4L2, for a device that it does not understand.
OPENCV = "opencv:"
V4L2_NAMES = ("/dev/", "usb:", "name:")


def camera(
    device_name: str,
    request: ModeRequest,
    clock: Clock,
    crash: Callable[[], None] | None = None,
) -> Camera:
    """Return the camera of a device name, not opened yet.

    `crash` ends the process, for a synthetic camera whose script wants that.

    Raises:
        CameraMisconfigured: the name can never be opened here.
    """
    # Each is imported where it is asked for: a robot's daemon carries no fakes, other systems
    # have no V4L2, and the process of a single camera needs one of them.
    if device_name.startswith(SYNTHETIC):
        from spot_webcam.fakes.cameras import synthetic_camera  # noqa: PLC0415

        return synthetic_camera(device_name, clock, crash)
    registered = split_scheme(device_name)
    if registered is not None:
        from spot_webcam.app.cameras.plugin import PluginCamera  # noqa: PLC0415

        return PluginCamera(*registered, request, clock)
    if is_captured_by_opencv(device_name):
        from spot_webcam.adapters.opencv import opencv_camera  # noqa: PLC0415

        return opencv_camera(device_name.removeprefix(OPENCV), request, clock)
    from spot_webcam.adapters.v4l2 import V4l2Camera  # noqa: PLC0415

    return V4l2Camera(device_name, request, clock)


def is_foreign(device_name: str) -> bool:
    """Whether another package makes the camera of that name.

    Raises:
        CameraMisconfigured: it should, and there is none.
    """
    return split_scheme(device_name) is not None


def is_captured_by_opencv(device_name: str) -> bool:
    """Whether the camera of that name is read by OpenCV, and the libraries below it."""
    if device_name.startswith(SYNTHETIC) or is_foreign(device_name):
        return False
    if device_name.startswith(OPENCV) or platform.system() != "Linux":
        return True
    return not _is_v4l2(device_name)


def _is_v4l2(device_name: str) -> bool:
    if device_name.isdecimal() or device_name.startswith(V4L2_NAMES):
        return True
    try:
        return Path(device_name).is_char_device()
    except OSError:  # a name that is too long for a file
        return False
