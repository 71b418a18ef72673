"""Choice of the cameras that run in child processes: ADR 9."""

import logging
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from enum import Enum

from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.cameras.factory import SYNTHETIC, camera, is_captured_by_opencv, is_foreign
from spot_webcam.domain.errors import CameraError
from spot_webcam.domain.ports import Camera, Clock, Controllable, ModeRequest, Parametrised
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.naming import Device

_WORKER = "spot_webcam.app.cameras.worker"
# OpenCV may wait for the first key frame of a stream: 12 s to open it, 16 s for a picture.
_OPENCV_TIMEOUTS_S = {"open_s": 30.0}
# Cameras of other packages may expose for seconds, as set by a request, and are imported when they
# are opened.
_FOREIGN_TIMEOUTS_S = {"open_s": 60.0, "first_grabs_s": 10.0, "margin_s": 10.0, "call_s": 10.0}


class Isolation(Enum):
    """Which cameras run in a child process. `AUTO`: those of OpenCV and of other packages."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def presumed_spec(camera: object) -> bytes:
    """Return the spec of a camera that may not be open yet; empty if it is not known."""
    if not isinstance(camera, Parametrised):
        return b""
    try:
        return camera.parameter_spec()
    except CameraError:
        return b""


def is_available() -> bool:
    """Return whether cameras can run in child processes on this system."""
    return platform.system() == "Linux"


def isolated_or_not(
    device: Device, request: ModeRequest, clock: Clock, isolation: Isolation
) -> Camera:
    """Return the camera of a device, isolated or not, not opened yet.

    Raises:
        CameraMisconfigured: the name can never be opened here.
    """
    is_possible = is_available() and isolation is not Isolation.NEVER

    def make_video(url: DeviceAddress, is_recording: bool) -> Camera:
        video = replace(device, address=url)
        return _isolated(video, request, None, is_recording=is_recording)

    # Made here in any case: that checks its name at once, and shows its optional abilities.
    inner = camera(
        device.address,
        request,
        clock,
        certificate=device.certificate,
        make_video=make_video if is_possible else None,
    )
    if not is_possible:
        return inner
    foreign = is_foreign(device.address)
    waits = foreign or is_captured_by_opencv(device.address)
    if isolation is Isolation.AUTO and not waits:
        return inner
    return _isolated(device, request, inner, foreign=foreign)


def check_device(device: Device, request: ModeRequest, isolation: Isolation) -> None:
    """Check that a device may be opened here, without opening it.

    Raises:
        CameraMisconfigured: the name can never be opened here.
    """
    isolated_or_not(device, request, SystemClock(), isolation)


def _isolated(
    device: Device,
    request: ModeRequest,
    inner: object,
    *,
    foreign: bool = False,
    is_recording: bool = False,
) -> Camera:
    """Return the isolated camera of a device, with the abilities of `inner`."""
    # Not imported on other systems than Linux.
    from spot_webcam.adapters.isolated import (  # noqa: PLC0415
        ChildTimeouts,
        IsolatedCamera,
        IsolatedControlledCamera,
        IsolatedParametrisedCamera,
    )

    command = [sys.executable, "-m", _WORKER, device.source_name]
    timeouts = ChildTimeouts(**(_FOREIGN_TIMEOUTS_S if foreign else _OPENCV_TIMEOUTS_S))
    recipe = _recipe(device, request, is_recording=is_recording)
    if isinstance(inner, Parametrised):
        parametrised = IsolatedParametrisedCamera(command, recipe, timeouts)
        parametrised.presumed_spec = presumed_spec(inner)
        return parametrised
    kind = IsolatedControlledCamera if isinstance(inner, Controllable) else IsolatedCamera
    return kind(command, recipe, timeouts)


def _recipe(
    device: Device, request: ModeRequest, *, is_recording: bool
) -> Callable[[], list[str | bool | ModeRequest]]:
    """Return a function that returns the argument of `worker.make`."""
    begun: list[DeviceAddress] = []

    def recipe() -> list[str | bool | ModeRequest]:
        if not begun:
            begun.append(_with_beginning(device.address))
        verbose = logging.getLogger("spot_webcam").isEnabledFor(logging.DEBUG)
        return [begun[0].reveal(), request, verbose, device.certificate, is_recording]

    return recipe


def _with_beginning(address: DeviceAddress) -> DeviceAddress:
    """Fix the start time of a script, so that a new process does not restart it."""
    if not address.startswith(SYNTHETIC) or "script=" not in str(address):
        return address
    return DeviceAddress(f"{address}&began={time.monotonic_ns()}")
