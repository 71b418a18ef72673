"""Names of sources, taken from the names of their devices."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from spot_webcam.domain.errors import CameraMisconfigured, as_unicode
from spot_webcam.domain.sources.address import MASK, DeviceAddress

# Other packages register more schemes. The scheme of a URL stays: it is followed by //.
_SCHEME = re.compile(r"^([a-z][a-z0-9+._-]+):(?!//)")
# Schemes that are always followed by a device.
_DEVICE_SCHEMES = ("opencv", "usb", "name")
_HIDDEN_USER = f"{MASK}@"
_NAMED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]*)=(?P<device>.+)", re.DOTALL)
# What was meant as NAME=DEVICE: text that cannot be a device's, or begin the path of a file that
# exists, and a device or nothing. The words of a pipeline are separated by exclamation marks.
_MISNAMED = re.compile(
    r"(?P<name>(?![.~]*/)[^:!=@?]*)=\s*(?P<device>(?:/|\d+\Z|[a-z][a-z0-9+._-]*:)[^!]*|)", re.DOTALL
)
_NO_NAME_CHARACTERS = re.compile(r"[^A-Za-z0-9_.-]+")

IsFile = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Device:
    """A camera to open, and the name of its source.

    `certificate` is what is trusted of its TLS certificate: a fingerprint or a file; empty if it
    is checked by the system's authorities.
    """

    source_name: str
    address: DeviceAddress
    certificate: str = ""


def _no_file(_: str) -> bool:
    return False


def parse_device(text: str, is_file: IsFile = _no_file) -> Device:
    """Return the device of `DEVICE` or `NAME=DEVICE`.

    Without NAME the source is named after the last part of DEVICE: `/dev/video0` and `0` become
    `video0`, `rtsp://host/front` becomes `front`, and a scheme alone is its own name. The name is
    taken from the masked form of the address: `ptz:user:password@host` becomes `host`, and
    `ptz:roof@2`, where `roof` may be a password, has no name.

    `is_file` reports whether a file of that name exists: such a name is shown as it is, and its
    equals sign separates nothing.

    Raises:
        CameraMisconfigured: NAME is invalid, or the device has no part to take a name from.
    """
    named = _NAMED.fullmatch(text)
    exists = is_file(text)
    if named and not exists:
        return Device(named["name"], DeviceAddress(named["device"]))
    misnamed = _MISNAMED.fullmatch(text)
    if misnamed and not exists:
        raise CameraMisconfigured(_what_is_wrong(text, misnamed["name"], misnamed["device"]))
    address = DeviceAddress(text)
    if text.isdecimal():
        return Device(f"video{int(text)}", address)
    shown = str(address)
    name = _name_of(text if exists else shown, text)
    is_masked = name.endswith(MASK) and shown != text and not exists
    if not name or " " in name or is_masked:
        example = "DEVICE" if MASK in shown or not shown else shown
        raise CameraMisconfigured(
            f"no source name can be taken from device {shown!r}: write it as NAME={example}"
        )
    return Device(as_unicode(name), address)


def _what_is_wrong(text: str, name: str, device: str) -> str:
    shown = str(DeviceAddress(text))
    if not device:
        return f"no device follows the name in {shown!r}: write it as NAME=DEVICE"
    valid = _NO_NAME_CHARACTERS.sub("-", name).strip("-._")
    example = f"{valid}={device}" if valid and shown == text else "NAME=DEVICE"
    return (
        f"invalid name in {shown!r}: a name has letters of A to Z, digits, -, _ and . only, and"
        f" begins with a letter or a digit: write it as {example}"
    )


def _name_of(shown: str, text: str) -> str:
    path = _SCHEME.sub("", shown).partition("?")[0].rstrip("/")
    _, slash, name = path.rpartition("/")
    if not slash and name.startswith(_HIDDEN_USER):
        # A single word before the at sign may mean anything to the package of the scheme.
        is_user = ":" in text.partition(":")[2].rpartition("@")[0]
        name = name.removeprefix(_HIDDEN_USER) if is_user else ""
    name = name.strip()
    if text.startswith("name:"):
        name = name.replace(" ", "-")
    scheme = _SCHEME.match(shown)
    if not name and scheme and scheme[1] not in _DEVICE_SCHEMES:
        return scheme[1]
    return name


def parse_devices(texts: Sequence[str], is_file: IsFile = _no_file) -> list[Device]:
    """Return the devices in order; see `parse_device`.

    Raises:
        CameraMisconfigured: a device has no name, or two devices have the same.
    """
    devices: dict[str, Device] = {}
    for text in texts:
        device = parse_device(text, is_file)
        other = devices.setdefault(device.source_name, device)
        if other is not device:
            first, second = str(other.address), str(device.address)
            raise CameraMisconfigured(
                f"devices {first!r} and {second!r} would both be source"
                f" {device.source_name!r}: name one of them, as in NAME={second}"
            )
    return list(devices.values())


def with_certificates(devices: Sequence[Device], texts: Sequence[str]) -> list[Device]:
    """Return the devices with the trusted certificates of `NAME=CERTIFICATE`.

    Raises:
        CameraMisconfigured: a text names no device, or one without TLS, or one twice.
    """
    chosen = {device.source_name: device for device in devices}
    for text in texts:
        name, _, certificate = text.partition("=")
        device = chosen.get(name)
        if device is None or not certificate:
            known = ", ".join(chosen) or "a source"
            raise CameraMisconfigured(
                "--trust-certificate: expected NAME=sha256:FINGERPRINT or NAME=FILE with NAME of"
                f" {known}"
            )
        if not device.address.has_scheme("https"):
            raise CameraMisconfigured(
                f"--trust-certificate {name}: {device.address} is no https:// address"
            )
        if device.certificate:
            raise CameraMisconfigured(f"--trust-certificate {name} is given twice: expected one")
        chosen[name] = replace(device, certificate=certificate)
    return list(chosen.values())
