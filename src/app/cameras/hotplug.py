"""Detection of cameras that are plugged in while the daemon runs."""

import logging
import threading
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from spot_webcam.adapters.v4l2 import DeviceNames, Node
from spot_webcam.app.cameras.schemes import file_exists
from spot_webcam.domain.errors import CameraError, CameraMisconfigured
from spot_webcam.domain.sources.address import OPENCV, DeviceAddress
from spot_webcam.domain.sources.naming import Device, parse_device

_LOG = logging.getLogger(__name__)


class Hotplug:
    """Polls for new cameras whose name matches a pattern, and adds each of them once.

    A shell pattern is matched with `usb:SERIAL`, `name:LABEL` and the paths of a camera. An added
    camera stays: once unplugged, it is an absent source like any other.
    """

    def __init__(
        self,
        patterns: Sequence[str],
        names: DeviceNames,
        served: Callable[[], Sequence[Device]],
        add: Callable[[Device], None],
        *,
        period_s: float,
    ) -> None:
        self._patterns = patterns
        self._names = names
        self._served = served
        self._add = add
        self._period_s = period_s
        self._warnings: set[str] = set()
        self.wake = threading.Event()

    def step(self) -> float:
        """Poll once; return the seconds until the next poll."""
        self.wake.clear()
        served = self._served()
        addresses = {device.address for device in served}
        paths = {self._path_of(address) for address in addresses}
        taken = {device.source_name for device in served}
        try:
            nodes = self._names.nodes()
        except OSError as error:  # a device may disappear meanwhile
            self._warn_once(f"cannot look for new cameras: {error}")
            return self._period_s
        for node in nodes:
            # The first node of a webcam delivers pictures, the second metadata.
            if (
                node.index != 0
                or node.path in paths
                or addresses.intersection(map(DeviceAddress, _all_names(node)))
            ):
                continue
            if not self._fits(node):
                continue
            device = _stable_device(node)
            if device.source_name in taken:
                self._warn_once(f"{node} would be source {device.source_name!r}, which is taken")
                continue
            taken.add(device.source_name)
            try:
                self._add(device)
            except CameraMisconfigured as error:
                self._warn_once(str(error))
            else:
                _LOG.info("new camera: %s", node)
        return self._period_s

    def _fits(self, node: Node) -> bool:
        return any(
            fnmatchcase(name, pattern) for pattern in self._patterns for name in _all_names(node)
        )

    def _path_of(self, address: DeviceAddress) -> Path | None:
        try:
            return self._names.path_of(address.removeprefix(OPENCV))
        except CameraError:  # absent, or no V4L2 camera
            return None

    def _warn_once(self, text: str) -> None:
        if text not in self._warnings:
            self._warnings.add(text)
            _LOG.warning("%s", text)


def _all_names(node: Node) -> list[str]:
    usb = [f"usb:{node.usb_serial}"] if node.usb_serial else []
    links = [str(link) for link in (*node.by_id, *node.by_path)]
    return [*usb, f"name:{node.label}", *links, str(node.path)]


def _stable_device(node: Node) -> Device:
    """Return the device under its most stable name, which survives another USB port if possible."""
    path = next(iter((*node.by_id, *node.by_path)), node.path)
    name = f"usb:{node.usb_serial}" if node.usb_serial else str(path)
    try:
        return parse_device(name, file_exists)
    except CameraMisconfigured:  # no source name can be taken from the serial
        return Device(node.path.name, DeviceAddress(name))
