"""Which cameras there are, what they can do, and what stands in the way of using them."""

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
    """A camera of this host. What could not be asked is empty.

    `remedy` says in a line how to make it free. `modes` and `controls` are the driver's.
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
        """The name to write into a configuration: the one that outlives most changes."""
        node = self.node
        if node.by_id:
            return str(node.by_id[0])
        if node.usb_serial:
            return f"usb:{node.usb_serial}"
        return str(node.by_path[0] if node.by_path else node.path)


def find_cameras(
    kernel: Kernel | None = None, names: DeviceNames | None = None
) -> list[FoundCamera]:
    """Return the cameras by their number; asks each driver, so a device that hangs blocks."""
    kernel = kernel or LinuxKernel()
    names = names or DeviceNames(kernel)
    found = (_look_at(node, kernel) for node in names.nodes())
    return [camera for camera in found if camera is not None]


def _look_at(node: Node, kernel: Kernel) -> FoundCamera | None:
    try:
        device = Device(node.path, kernel)
    except CameraError as error:
        # It does not say what it is; a device's first node is its camera.
        return _closed(node, error) if node.index == 0 else None
    try:
        capability = device.capability()
        if not captures(capability):
            return None
        busy = _is_busy(device)
        return FoundCamera(
            node=node,
            state=CameraState.BUSY if busy else CameraState.FREE,
            remedy=_end(node.path) if busy else "",
            card=capability.card.decode("utf-8", "replace"),
            driver=capability.driver.decode("utf-8", "replace"),
            bus=capability.bus_info.decode("utf-8", "replace"),
            modes=tuple(offered_modes(device, ModeRequest())),
            controls=tuple(DeviceControls(device).controls()),
        )
    except CameraError as error:
        return _closed(node, error)
    finally:
        device.close()


def _closed(node: Node, error: CameraError) -> FoundCamera:
    if isinstance(error, CameraPermissionDenied):
        return FoundCamera(
            node,
            CameraState.FORBIDDEN,
            "sudo usermod -aG video $USER, then log out and in again",
            node.label,
        )
    if isinstance(error, CameraBusy):
        return FoundCamera(node, CameraState.BUSY, _end(node.path), node.label)
    return FoundCamera(node, CameraState.SILENT, str(error), node.label)


def _is_busy(device: Device) -> bool:
    """Ask for no buffers: refused while another program has some, and changes nothing."""
    request = RequestBuffers(count=0, type=abi.BUF_TYPE_VIDEO_CAPTURE, memory=abi.MEMORY_MMAP)
    return not device.call(abi.REQBUFS, request, "say whether it is free", {errno.EBUSY})


def _end(path: Path) -> str:
    holders = ", ".join(_holders(path))
    return f"end the program that holds it: {holders or 'sudo fuser -v ' + str(path)}"


def _holders(path: Path) -> list[str]:
    """Return the programs that have it open, as far as this user may see, but for this one."""
    holders = (
        _command(process)
        for process in Path("/proc").glob("[0-9]*")
        if process.name != str(os.getpid()) and _has_open(process, path)
    )
    return sorted(holders)


def _has_open(process: Path, path: Path) -> bool:
    try:
        return any(link.readlink() == path for link in (process / "fd").iterdir())
    except OSError:  # it ended, or is another user's
        return False


def _command(process: Path) -> str:
    try:
        command = (process / "comm").read_text("utf-8", "replace").strip()
    except OSError:
        command = "a program"
    return f"{command} (process {process.name})"
