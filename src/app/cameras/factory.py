"""Creation of the camera of a device address."""

import platform
from collections.abc import Callable
from pathlib import Path

from spot_webcam.app.cameras.schemes import registered_scheme
from spot_webcam.domain.ports import Camera, Clock, ModeRequest
from spot_webcam.domain.sources.address import OPENCV, DeviceAddress

SYNTHETIC = "synthetic:"
V4L2_NAMES = ("/dev/", "usb:", "name:")


def camera(
    address: DeviceAddress,
    request: ModeRequest,
    clock: Clock,
    crash: Callable[[], None] | None = None,
    *,
    certificate: str = "",
    is_recording: bool = False,
    make_video: Callable[[DeviceAddress, bool], Camera] | None = None,
) -> Camera:
    """Return the camera of an address, not opened yet.

    `crash` ends the process, for a synthetic camera whose script contains a crash. `certificate`
    is that of `Device`. `is_recording` is whether a URL of OpenCV is a recording, and `make_video`
    makes the camera of an address of HTTP that sends video, given the address for OpenCV and that;
    by default in this process.

    Raises:
        CameraMisconfigured: the name can never be opened here.
    """
    # Imported on use: a robot's daemon loads no fakes, other systems have no V4L2, and the process
    # of a single camera needs only one of them.
    if address.startswith(SYNTHETIC):
        from spot_webcam.fakes.cameras import synthetic_camera  # noqa: PLC0415

        return synthetic_camera(address.reveal(), clock, crash)
    scheme = registered_scheme(address)
    if scheme is not None:
        from spot_webcam.app.cameras.plugin import PluginCamera  # noqa: PLC0415

        return PluginCamera(scheme, address, request, clock)
    if is_http(address):
        from spot_webcam.adapters.http_camera import HttpCamera  # noqa: PLC0415
        from spot_webcam.app.cameras.web_camera import WebCamera  # noqa: PLC0415

        def make_here(url: DeviceAddress, is_recording: bool) -> Camera:
            return camera(url, request, clock, is_recording=is_recording)

        pictures = HttpCamera(address, request, clock, certificate)
        return WebCamera(pictures, make_video or make_here)
    if is_captured_by_opencv(address):
        from spot_webcam.adapters.opencv import opencv_camera  # noqa: PLC0415

        return opencv_camera(
            address.removeprefix(OPENCV), request, clock, is_recording=is_recording
        )
    from spot_webcam.adapters.v4l2 import V4l2Camera  # noqa: PLC0415

    return V4l2Camera(address, request, clock)


def is_http(address: DeviceAddress) -> bool:
    """Report whether the address is requested by HTTP, to see what it sends."""
    return address.has_scheme("http", "https")


def is_foreign(address: DeviceAddress) -> bool:
    """Report whether another package makes the camera of an address.

    Raises:
        CameraMisconfigured: the scheme is unknown or cannot be used.
    """
    return registered_scheme(address) is not None


def is_captured_by_opencv(address: DeviceAddress) -> bool:
    """Report whether OpenCV opens the camera of an address."""
    if address.startswith(SYNTHETIC) or is_http(address) or is_foreign(address):
        return False
    if address.startswith(OPENCV) or platform.system() != "Linux":
        return True
    return not _is_v4l2(address)


def _is_v4l2(address: DeviceAddress) -> bool:
    written = address.reveal()
    if written.isdecimal() or address.startswith(V4L2_NAMES):
        return True
    try:
        return Path(written).is_char_device()
    except OSError:  # too long for a file name
        return False
