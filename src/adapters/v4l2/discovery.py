"""Discovery of the cameras of this host, their modes, controls and states."""

import errno
import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from spot_webcam.adapters.v4l2 import abi
from spot_webcam.adapters.v4l2.controls import DeviceControls
from spot_webcam.adapters.v4l2.device import Device, captures
from spot_webcam.adapters.v4l2.kernel import Kernel, LinuxKernel
from spot_webcam.adapters.v4l2.modes import offered_modes
from spot_webcam.adapters.v4l2.names import DeviceNames, Node
from spot_webcam.adapters.v4l2.structures import RequestBuffers
from spot_webcam.domain.errors import (
    CameraBusy,
    CameraError,
    CameraPermissionDenied,
)
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.controls import Control
from spot_webcam.domain.sources.modes import OfferedMode


class CameraState(Enum):
    """Whether a camera can be opened now."""

    FREE = "free"
    BUSY = "busy"
    FORBIDDEN = "forbidden"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A camera of this host. Fields that could not be queried are empty.

    `remedy` states in one line how to free the camera. `modes` and `controls` are the driver's.
    """

    node: Node
    state: CameraState
    remedy: str = ""
    card: str = ""
    driver: str = ""
    bus: str = ""
    modes: tuple[OfferedMode, ...] = ()
    controls: tuple[Control, ...] = ()

    @property
    def stable_name(self) -> str:
        """The name for a configuration: the most stable one that the camera has."""
        node = self.node
        if node.by_id:
            return str(node.by_id[0])
        if node.usb_serial:
            return f"usb:{node.usb_serial}"
        return str(node.by_path[0] if node.by_path else node.path)


def find_cameras(
    kernel: Kernel | None = None, names: DeviceNames | None = None
) -> list[FoundCamera]:
    """Return the cameras by their number; blocks if a device hangs, as each is queried."""
    kernel = kernel or LinuxKernel()
    names = names or DeviceNames(kernel)
    found = (probe_node(node, kernel) for node in names.nodes())
    return [camera for camera in found if camera is not None]


def probe_node(node: Node, kernel: Kernel) -> FoundCamera | None:
    """Return the camera of a node, `None` if the node captures no video; may block."""
    try:
        device = Device(node.path, kernel)
    except CameraError as error:
        # Its capabilities are unknown; the first node of a device is its camera.
        return _unavailable(node, error) if node.index == 0 else None
    try:
        capability = device.capability()
        if not captures(capability):
            return None
        busy = _is_busy(device)
        return FoundCamera(
            node=node,
            state=CameraState.BUSY if busy else CameraState.FREE,
            remedy=_end_holders(node.path) if busy else "",
            card=capability.card.decode("utf-8", "replace"),
            driver=capability.driver.decode("utf-8", "replace"),
            bus=capability.bus_info.decode("utf-8", "replace"),
            modes=tuple(offered_modes(device, ModeRequest())),
            controls=tuple(DeviceControls(device).controls()),
        )
    except CameraError as error:
        return _unavailable(node, error)
    finally:
        device.close()


def _unavailable(node: Node, error: CameraError) -> FoundCamera:
    if isinstance(error, CameraPermissionDenied):
        return FoundCamera(
            node,
            CameraState.FORBIDDEN,
            "sudo usermod -aG video $USER, then log out and in again",
            node.label,
        )
    if isinstance(error, CameraBusy):
        return FoundCamera(node, CameraState.BUSY, _end_holders(node.path), node.label)
    return FoundCamera(node, CameraState.SILENT, str(error), node.label)


def _is_busy(device: Device) -> bool:
    """Request zero buffers, which changes nothing and fails while another program has buffers."""
    request = RequestBuffers(count=0, type=abi.BUF_TYPE_VIDEO_CAPTURE, memory=abi.MEMORY_MMAP)
    return not device.call(abi.REQBUFS, request, "checking whether it is in use", {errno.EBUSY})


def _end_holders(path: Path) -> str:
    holders = ", ".join(_holders(path))
    return f"end the program that holds it: {holders or 'sudo fuser -v ' + str(path)}"


def _holders(path: Path) -> list[str]:
    """Return the other programs that have the node open, as far as this user may see them."""
    holders = (
        _command(process)
        for process in Path("/proc").glob("[0-9]*")
        if process.name != str(os.getpid()) and _has_open(process, path)
    )
    return sorted(holders)


def _has_open(process: Path, path: Path) -> bool:
    try:
        return any(link.readlink() == path for link in (process / "fd").iterdir())
    except OSError:  # the process ended, or belongs to another user
        return False


def _command(process: Path) -> str:
    try:
        command = (process / "comm").read_text("utf-8", "replace").strip()
    except OSError:
        command = "a program"
    return f"{command} (process {process.name})"
