"""What a source is called, from what its device is called."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spot_webcam.domain.errors import CameraMisconfigured, as_unicode
from spot_webcam.domain.sources.address import MASK, DeviceAddress

# Other packages register more of them; a URL's is not taken off.
_SCHEME = re.compile(r"^([a-z][a-z0-9+._-]+):(?!//)")
# What follows them is a device, never nothing.
_OF_DEVICES = ("opencv", "usb", "name")
_HIDDEN_USER = f"{MASK}@"
_NAMED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]*)=(?P<device>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Device:
    """A camera to open, and the name of the source that it becomes."""

    source_name: str
    address: DeviceAddress


def parse_device(text: str) -> Device:
    """Return the device of `DEVICE` or `NAME=DEVICE`.

    Without a name the source takes the last part of the device's: `/dev/video0` and `0` are
    `video0`, `rtsp://host/front` is `front`; where nothing follows a scheme it is its name. It is
    taken from what may be shown: `ptz:user:password@host` is `host`, and of `ptz:roof@2`, where
    `roof` may be a password, nothing is taken.

    Raises:
        CameraMisconfigured: there is nothing to take a name from.
    """
    named = _NAMED.fullmatch(text)
    is_file = _exists(Path(text))
    if named and not is_file:
        return Device(named["name"], DeviceAddress(named["device"]))
    address = DeviceAddress(text)
    if text.isdecimal():
        return Device(f"video{int(text)}", address)
    shown = str(address)
    name = _name_of(text if is_file else shown, text)
    is_masked = name.endswith(MASK) and shown != text and not is_file
    if not name or " " in name or is_masked:
        example = "DEVICE" if MASK in shown or not shown else shown
        raise CameraMisconfigured(
            f"device {shown!r} gives no source name: write it as NAME={example}"
        )
    return Device(as_unicode(name), address)


def _name_of(shown: str, text: str) -> str:
    path = _SCHEME.sub("", shown).partition("?")[0].rstrip("/")
    _, slash, name = path.rpartition("/")
    if not slash and name.startswith(_HIDDEN_USER):
        # Of a single word before the at sign, the other package may make anything.
        is_user = ":" in text.partition(":")[2].rpartition("@")[0]
        name = name.removeprefix(_HIDDEN_USER) if is_user else ""
    name = name.strip()
    if text.startswith("name:"):
        name = name.replace(" ", "-")
    scheme = _SCHEME.match(shown)
    if not name and scheme and scheme[1] not in _OF_DEVICES:
        return scheme[1]
    return name


def parse_devices(texts: Sequence[str]) -> list[Device]:
    """Return the devices in order.

    Raises:
        CameraMisconfigured: one gives no name, or two give the same.
    """
    devices: dict[str, Device] = {}
    for text in texts:
        device = parse_device(text)
        other = devices.setdefault(device.source_name, device)
        if other is not device:
            first, second = str(other.address), str(device.address)
            raise CameraMisconfigured(
                f"devices {first!r} and {second!r} would both be source"
                f" {device.source_name!r}: name one of them, as in NAME={second}"
            )
    return list(devices.values())


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # no name that a file can have
        return False
