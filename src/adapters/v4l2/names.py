"""Lookup of device nodes by stable names, in sysfs and udev's links."""

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
# The interface, the device, and two in reserve: no node is deeper below its device in sysfs.
_PARENTS_SEARCHED = 4


@dataclass(frozen=True, slots=True)
class Node:
    """A video node as described by sysfs and udev, without opening it.

    `index` counts the nodes of one device: 0 for the pictures of a webcam, 1 for its metadata.
    """

    path: Path
    number: int
    index: int
    label: str
    usb_serial: str = ""
    usb_vendor: str = ""
    usb_product: str = ""
    # The number of the bus, and the camera's speed on it, 0 if it is not known.
    usb_bus: str = ""
    usb_mbit_s: int = 0
    by_id: tuple[Path, ...] = ()
    by_path: tuple[Path, ...] = ()

    def __str__(self) -> str:
        serial = f", {USB}{self.usb_serial}" if self.usb_serial else ""
        return f"{self.path} ({self.label}{serial})"


class DeviceNames:
    """Lookup of names, without a cache."""

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
        """Return every video node by its number, including those that are no cameras."""
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
                    usb_bus=_text(usb / "busnum") if usb else "",
                    usb_mbit_s=_speed(usb) if usb else 0,
                    by_id=tuple(link for link, node in links["by_id"] if node == path),
                    by_path=tuple(link for link, node in links["by_path"] if node == path),
                )
            )
        return sorted(nodes, key=lambda node: node.number)

    def path_of(self, address: DeviceAddress) -> Path:
        """Return the current node of an address.

        An address is an index, a path (stable paths are links), `usb:SERIAL`, or `name:TEXT` with
        the name of the card or a part of it. Only matching nodes are opened, to check whether they
        capture.

        Raises:
            CameraAbsent: no node matches; the text lists the present cameras.
            CameraMisconfigured: several cameras match.
        """
        name = address.reveal()
        if name.isdecimal():
            return self._existing(self._dev / f"video{int(name)}", address)
        if not name.startswith((USB, NAME)):
            return self._existing(Path(name), address)
        fitting = [node for node in self.nodes() if _matches(node, name)]
        cameras = [node for node in fitting if self._may_capture(node)]
        exact = [node for node in cameras if node.label == name.removeprefix(NAME)]
        if len(exact) == 1:
            cameras = exact
        if not cameras:
            raise self._absent(address)
        if len(cameras) > 1 and (name.startswith(NAME) or _share_serial(cameras)):
            names = ", ".join(map(str, cameras))
            raise CameraMisconfigured(
                f"'{address}' matches several cameras, {names}: be more exact"
            )
        return cameras[0].path

    def _existing(self, path: Path, address: DeviceAddress) -> Path:
        try:
            # Resolved now: a link may change its target while the camera is open.
            return path.resolve(strict=True)
        except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before 3.13
            raise self._absent(address) from error

    def _absent(self, address: DeviceAddress) -> CameraAbsent:
        present = ", ".join(str(node) for node in self.nodes() if node.index == 0)
        return CameraAbsent(
            f"there is no {address}: plug the camera in, or correct the name;"
            f" present: {present or 'no camera'}"
        )

    def _may_capture(self, node: Node) -> bool:
        """Report whether a node captures; assumed of a first node that cannot be opened."""
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


def _share_serial(nodes: list[Node]) -> bool:
    """Report whether several devices share a serial, as cheap cameras do."""
    return len({(node.usb_vendor, node.usb_product, node.index) for node in nodes}) < len(nodes)


def _matches(node: Node, name: str) -> bool:
    if name.startswith(USB):
        return bool(node.usb_serial) and node.usb_serial == name.removeprefix(USB)
    wanted = name.removeprefix(NAME).casefold()
    return bool(wanted) and wanted in node.label.casefold()


def _usb_device(entry: Path) -> Path | None:
    """Return the USB device of a node, found among the parents of its device link."""
    place = (entry / "device").resolve()
    for candidate in (place, *place.parents[:_PARENTS_SEARCHED]):
        if (candidate / "idVendor").exists():
            return candidate
    return None


def _speed(usb: Path) -> int:
    text = _text(usb / "speed")  # such as 480, and 1.5 of a mouse
    return int(float(text)) if text.replace(".", "", 1).isdecimal() else 0


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
