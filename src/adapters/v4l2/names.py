"""Names of cameras that outlive their numbers, looked up where the kernel keeps them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spot_webcam.adapters.v4l2.device import Device, captures
from spot_webcam.adapters.v4l2.kernel import Kernel
from spot_webcam.domain.errors import CameraAbsent, CameraError, CameraMisconfigured
from spot_webcam.domain.sources.address import DeviceAddress

_NODE = re.compile(r"video(\d+)")
USB, NAME = "usb:", "name:"
# The interface, the device, and a hub's worth of room: no device lies deeper in sysfs.
_PARENTS_SEARCHED = 4


@dataclass(frozen=True, slots=True)
class Node:
    """A video node as sysfs and udev tell it, without opening it.

    `index` counts the nodes of one device: a webcam's pictures are at 0, its metadata at 1.
    """

    path: Path
    number: int
    index: int
    label: str
    usb_serial: str = ""
    usb_vendor: str = ""
    usb_product: str = ""
    by_id: tuple[Path, ...] = ()
    by_path: tuple[Path, ...] = ()

    def __str__(self) -> str:
        serial = f", {USB}{self.usb_serial}" if self.usb_serial else ""
        return f"{self.path} ({self.label}{serial})"


class DeviceNames:
    """Looks names up, every time anew."""

    def __init__(
        self,
        kernel: Kernel,
        sysfs: Path = Path("/sys/class/video4linux"),
        dev: Path = Path("/dev"),
    ) -> None:
        self._kernel = kernel
        self._sysfs = sysfs
        self._dev = dev

    def nodes(self) -> list[Node]:
        """Return every video node by its number, cameras and others."""
        links = {
            "by_id": list(self._links("by-id")),
            "by_path": list(self._links("by-path")),
        }
        nodes = []
        for entry in self._sysfs.iterdir() if self._sysfs.is_dir() else ():
            matched = _NODE.fullmatch(entry.name)
            if matched is None:
                continue
            path = self._dev / entry.name
            usb = _usb_device(entry)
            nodes.append(
                Node(
                    path=path,
                    number=int(matched[1]),
                    index=int(_text(entry / "index") or 0),
                    label=_text(entry / "name"),
                    usb_serial=_text(usb / "serial") if usb else "",
                    usb_vendor=_text(usb / "idVendor") if usb else "",
                    usb_product=_text(usb / "idProduct") if usb else "",
                    by_id=tuple(link for link, node in links["by_id"] if node == path),
                    by_path=tuple(link for link, node in links["by_path"] if node == path),
                )
            )
        return sorted(nodes, key=lambda node: node.number)

    def path_of(self, address: DeviceAddress) -> Path:
        """Return the node that an address stands for now.

        It is an index, a path (stable ones are links), `usb:SERIAL` or `name:TEXT`, the
        card's name or a part of it. Only nodes that fit are opened, to see if they capture.

        Raises:
            CameraAbsent: there is none; the text names those that there are.
            CameraMisconfigured: several cameras fit.
        """
        name = address.reveal()
        if name.isdecimal():
            return self._existing(self._dev / f"video{int(name)}", address)
        if not name.startswith((USB, NAME)):
            return self._existing(Path(name), address)
        fitting = [node for node in self.nodes() if _fits(node, name)]
        cameras = [node for node in fitting if self._may_capture(node)]
        exact = [node for node in cameras if node.label == name.removeprefix(NAME)]
        if len(exact) == 1:
            cameras = exact
        if not cameras:
            raise self._absent(address)
        if len(cameras) > 1 and (name.startswith(NAME) or _are_several(cameras)):
            names = ", ".join(map(str, cameras))
            raise CameraMisconfigured(f"'{address}' may be any of {names}: be more exact")
        return cameras[0].path

    def _existing(self, path: Path, address: DeviceAddress) -> Path:
        if not path.exists():
            raise self._absent(address)
        # Resolved: a link that changes its goal while the camera is open is none of ours.
        return path.resolve()

    def _absent(self, address: DeviceAddress) -> CameraAbsent:
        present = ", ".join(str(node) for node in self.nodes() if node.index == 0)
        return CameraAbsent(
            f"there is no {address}: plug the camera in, or correct the name;"
            f" there is {present or 'no camera at all'}"
        )

    def _may_capture(self, node: Node) -> bool:
        """Return whether it does, or whether it cannot be asked and is a device's first node."""
        try:
            device = Device(node.path, self._kernel)
        except CameraError:
            return node.index == 0
        try:
            return captures(device.capability())
        except CameraError:
            return False
        finally:
            device.close()

    def _links(self, folder: str) -> Iterator[tuple[Path, Path]]:
        place = self._dev / "v4l" / folder
        for link in sorted(place.iterdir()) if place.is_dir() else ():
            yield link, link.resolve()


def _are_several(nodes: list[Node]) -> bool:
    """Return whether more than one device has the serial, as cheap cameras do."""
    return len({(node.usb_vendor, node.usb_product, node.index) for node in nodes}) < len(nodes)


def _fits(node: Node, name: str) -> bool:
    if name.startswith(USB):
        return bool(node.usb_serial) and node.usb_serial == name.removeprefix(USB)
    wanted = name.removeprefix(NAME).casefold()
    return bool(wanted) and wanted in node.label.casefold()


def _usb_device(entry: Path) -> Path | None:
    """Return the USB device above a node: its interface, or that one's parents."""
    place = (entry / "device").resolve()
    for candidate in (place, *place.parents[:_PARENTS_SEARCHED]):
        if (candidate / "idVendor").exists():
            return candidate
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
