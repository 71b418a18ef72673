"""What a source is called, from what its device is called."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spot_webcam.domain.errors import CameraMisconfigured

_URL = re.compile(r"(?<=://)\S+")
_PORT = re.compile(r"[^:]*:\d*|\[[0-9A-Fa-f:.]*\](:\d*)?")
_QUERY = re.compile(r"\?\S+")
# In a path too: many recorders want user and password there. Where such a value ends is theirs to
# say, so that it is taken to go on to the end of the word, or of the quotes.
_SECRET = re.compile(
    r"(?<!://)"
    r"(\b\w*?(?:pass\w*|pwd|pw|token|key|auth|secret|user(?:name|-id|-pw)?|usr)[=:]"
    r"|(?<![^\W_])(?:pass|passwd|password|pwd|pw|token|key|auth|secret)_)"
    r"(?:\"[^\"]*\"|'[^']*'|\S)+",
    re.IGNORECASE,
)
_MASK = "..."
# Other packages register more of them; a URL's is not taken off.
_SCHEME = re.compile(r"^([a-z][a-z0-9+._-]+):(?!//)")
# What follows them is a device, never nothing.
_OF_DEVICES = ("opencv", "usb", "name")
_NAMED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]*)=(?P<device>.+)")


@dataclass(frozen=True, slots=True)
class Device:
    """A camera to open, and the name of the source that it becomes."""

    source_name: str
    device_name: str


def without_password(device_name: str) -> str:
    """Return the device's name as it may stand in a log: no user, no password, no query.

    Where an at sign may belong to either, as after a slash, it is taken for a password's.
    """
    shown = device_name
    if "://" in device_name:
        shown = _QUERY.sub(f"?{_MASK}", _URL.sub(_without_user, device_name))
    return _SECRET.sub(rf"\1{_MASK}", shown) if _may_hold_secret(device_name) else shown


def _may_hold_secret(device_name: str) -> bool:
    """Whether it is a URL or a pipeline, not a file."""
    return "://" in device_name or " ! " in device_name


def _without_user(match: re.Match[str]) -> str:
    """Take the user and the password from a URL after its scheme."""
    text = match[0]
    before_query = text.partition("?")[0]
    secret = _SECRET.search(match.string, match.start(), match.start() + len(before_query))
    if secret is not None and "@" in secret[0]:
        return _MASK  # the end of a user's password, or of this one: it cannot be told
    host = before_query.partition("/")[0]
    if "@" in before_query:
        # A path may have one, but not when a colon or another one came before.
        return text[before_query.rindex("@") + 1 :] if ":" in host or "@" in host else text
    if "@" in text and ":" in host and not _PORT.fullmatch(host):
        return text[text.rindex("@") + 1 :]
    return text


def parse_device(text: str) -> Device:
    """Return the device of `DEVICE` or `NAME=DEVICE`.

    Without a name the source takes the last part of the device's: `/dev/video0` and `0` are
    `video0`, `rtsp://host/front` is `front`; where nothing follows a scheme it is its name.

    Raises:
        CameraMisconfigured: there is nothing to take a name from.
    """
    named = _NAMED.fullmatch(text)
    if named and not _exists(Path(text)):
        return Device(named["name"], named["device"])
    if text.isdecimal():
        return Device(f"video{int(text)}", text)
    path = _SCHEME.sub("", without_password(text)).partition("?")[0]
    name = path.rstrip("/").rpartition("/")[2].strip()
    if text.startswith("name:"):
        name = name.replace(" ", "-")
    scheme = _SCHEME.match(text)
    if not name and scheme and scheme[1] not in _OF_DEVICES:
        name = scheme[1]
    is_masked = name.endswith(_MASK) and _may_hold_secret(text)
    if not name or " " in name or is_masked:
        shown = without_password(text)
        raise CameraMisconfigured(
            f"device {shown!r} gives no source name: write it as NAME={shown or 'DEVICE'}"
        )
    return Device(name, text)


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
            first, second = map(without_password, (other.device_name, device.device_name))
            raise CameraMisconfigured(
                f"devices {first!r} and {second!r} would both be source"
                f" {device.source_name!r}: name one of them, as in NAME={second}"
            )
    return list(devices.values())


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long for a file
        return False
