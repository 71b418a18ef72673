"""Examination of USB: cameras that share the bandwidth of one bus."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress

from spot_webcam.adapters.v4l2 import DeviceNames, LinuxKernel, Node
from spot_webcam.app.cameras.factory import V4L2_NAMES
from spot_webcam.domain.errors import CameraError
from spot_webcam.domain.sources.naming import Device
from spot_webcam.tools.doctor.findings import Finding, ok, warning

# A bus of USB 2 and older. Faster buses carry several cameras.
USB_2_MBIT_S = 480
# What a camera of USB 2 may reserve, whatever its pictures take: 3 packets of 1024 bytes in each
# of 8000 microframes a second. Four fifths of a bus may be reserved.
MAX_RESERVED_MBIT_S = 3 * 1024 * 8000 * 8 / 1e6
RESERVABLE = 0.8


def examine_usb(devices: Iterable[Device], names: DeviceNames | None = None) -> Iterator[Finding]:
    """Find cameras of the setup that share a bus of USB 2."""
    names = names or DeviceNames(LinuxKernel())
    by_bus: dict[str, dict[str, Node]] = defaultdict(dict)
    for device in devices:
        node = _node(device, names)
        if node is not None and node.usb_bus:
            by_bus[node.usb_bus][device.source_name] = node
    for bus, nodes in by_bus.items():
        cameras = ", ".join(nodes)
        slow = [node for node in nodes.values() if 0 < node.usb_mbit_s <= USB_2_MBIT_S]
        if len(slow) > 1:
            yield warning(
                "usb",
                f"{cameras} share bus {bus} of USB 2, of which"
                f" {RESERVABLE * USB_2_MBIT_S:.0f} Mbit/s can be reserved, and each may"
                f" reserve up to {MAX_RESERVED_MBIT_S:.0f}",
                "the second or third camera does not start: `No space left on device`",
                "connect them to different controllers (`lsusb -t`), or ask for smaller pictures, a"
                " lower rate or MJPG: --res-width, --fps, --codec",
            )
        else:
            yield ok(
                "usb", f"{cameras} on bus {bus}, {next(iter(nodes.values())).usb_mbit_s} Mbit/s"
            )


def _node(device: Device, names: DeviceNames) -> Node | None:
    """Return the present node of a camera of V4L2; `None` of others."""
    address = device.address
    if not (address.startswith(V4L2_NAMES) or str(address).isdecimal()):
        return None
    with suppress(CameraError):
        path = names.path_of(address)
        return next((node for node in names.nodes() if node.path == path), None)
    return None
