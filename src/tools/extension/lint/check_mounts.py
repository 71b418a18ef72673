"""Checks of volumes, devices and the payload's credentials."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from spot_webcam.tools.extension.lint.document import Entry
from spot_webcam.tools.extension.lint.extension import EXTENSIONS_FOLDER, Extension
from spot_webcam.tools.extension.lint.finding import Finding
from spot_webcam.tools.extension.lint.rules import mounts as rules

_CREDENTIALS = "/opt/payload_credentials"
_CREDENTIALS_FILE = f"{_CREDENTIALS}/payload_guid_and_secret"
# Of every Linux with Docker and journald, and what is writable on a CORE I/O.
_KNOWN = (
    *("/data", "/persist", "/dev", "/run", "/var/run", "/proc", "/sys", "/tmp"),  # noqa: S108
    *("/var/log/journal", "/etc/localtime", "/etc/timezone", "/etc/hostname", "/etc/machine-id"),
    *("/usr/share/zoneinfo", _CREDENTIALS),
)
_DOCKER_SOCKETS = ("/var/run/docker.sock", "/run/docker.sock")
_LINK_FOLDERS = ("/dev/v4l", "/dev/serial", "/dev/disk", "/dev/input/by-id", "/dev/input/by-path")
_REPLUGGED = ("/dev/video", "/dev/media", "/dev/ttyUSB", "/dev/ttyACM", "/dev/bus/usb")


@dataclass(frozen=True, slots=True)
class _Mount:
    """A volume: `source` is a path, a name, or empty for an anonymous one."""

    source: str
    target: str
    read_only: bool

    @property
    def is_path(self) -> bool:
        return self.source.startswith(("/", ".", "~"))


def check_mounts(extension: Extension) -> Iterator[Finding]:
    """Check volumes and devices of all services."""
    for _, service in extension.services():
        mounts: list[_Mount] = []
        volumes = service.get("volumes")
        for entry in volumes.elements() if volumes else ():
            mount = _mount(entry)
            if mount is None:
                yield rules.VOLUME_FORM.at(entry.place, "it is not SOURCE:TARGET")
                continue
            mounts.append(mount)
            yield from _check(extension, entry, mount)
        yield from _check_devices(service, mounts)
        yield from _check_credentials(service, mounts)


def _mount(entry: Entry) -> _Mount | None:
    if isinstance(entry.value, dict):
        source, target, read_only = map(entry.get, ("source", "target", "read_only"))
        if target is None or not target.text:
            return None
        is_read_only = read_only is not None and read_only.value is True
        return _Mount(source.text if source else "", target.text, is_read_only)
    parts = entry.text.split(":")
    if len(parts) == 1:
        parts = ["", *parts]
    if not 2 <= len(parts) <= 3 or not parts[1].startswith("/"):
        return None
    mode = parts[2].split(",") if len(parts) == 3 else []
    return _Mount(parts[0], parts[1], "ro" in mode)


def _check(extension: Extension, entry: Entry, mount: _Mount) -> Iterator[Finding]:
    if not mount.source:
        return
    if not mount.is_path:
        declared = extension.compose.get("volumes") if extension.compose else None
        if declared is None or declared.get(mount.source) is None:
            yield rules.VOLUME_UNDECLARED.at(entry.place, f"{mount.source} is not declared")
        return
    path = _host_path(extension, mount.source)
    if path in _DOCKER_SOCKETS:
        yield rules.DOCKER_SOCKET.at(entry.place, "the socket is mounted")
    elif _is_link(path):
        yield rules.DEVICE_LINK.at(entry.place, f"{path} is a link, or a folder of links")
    elif not any(_is_within(path, known) for known in _KNOWN) or mount.source.startswith("~"):
        yield rules.HOST_PATH.at(entry.place, f"{mount.source} is outside of {EXTENSIONS_FOLDER}")
    yield from _check_own(extension, entry, mount, path)


def _check_own(extension: Extension, entry: Entry, mount: _Mount, path: str) -> Iterator[Finding]:
    """Check a mount from the extension's own folder."""
    own = f"{EXTENSIONS_FOLDER}/{extension.name}"
    if not extension.name or not _is_within(path, own) or not extension.contents.complete:
        return
    relative = posixpath.relpath(path, own)
    saved = extension.saved()
    is_saved = any(_is_within(f"/{relative}", f"/{one}") for one in saved)
    if relative == ".":
        is_saved = True
    elif not extension.contents.has(relative) and not is_saved:
        yield rules.SOURCE_MISSING.at(entry.place, f"the archive has no {relative!r}")
    if not mount.read_only and not is_saved:
        yield rules.NOT_SAVED.at(entry.place, f"{relative!r} is writable, and not kept")


def _check_devices(service: Entry, mounts: list[_Mount]) -> Iterator[Finding]:
    devices, privileged = service.get("devices"), service.get("privileged")
    for entry in devices.elements() if devices else ():
        path = posixpath.normpath(entry.text.split(":")[0])
        if _is_link(path):
            yield rules.DEVICE_LINK.at(entry.place, f"{path} is a link")
        elif path.startswith(_REPLUGGED):
            yield rules.DEVICE_NUMBER.at(entry.place, f"{path} may be unplugged")
    has_dev = any(posixpath.normpath(mount.source or ".") == "/dev" for mount in mounts)
    may_open = service.get("device_cgroup_rules") or (privileged and privileged.value is True)
    if has_dev and not may_open and (volumes := service.get("volumes")):
        yield rules.CGROUP_RULES.at(volumes.place, "/dev is mounted without them")


def _check_credentials(service: Entry, mounts: list[_Mount]) -> Iterator[Finding]:
    volumes = service.get("volumes")
    for mount in mounts:
        if volumes and _is_within(mount.source, _CREDENTIALS) and not mount.read_only:
            yield rules.CREDENTIALS_WRITABLE.at(volumes.place, f"{mount.source} is writable")
    if any(_is_within(_CREDENTIALS_FILE, mount.target) for mount in mounts):
        return
    for key in ("command", "entrypoint", "environment"):
        entry = service.get(key)
        for scalar in entry.scalars() if entry else ():
            if _CREDENTIALS_FILE in scalar.text:
                found = f"{_CREDENTIALS_FILE} is named, and not mounted"
                yield rules.CREDENTIALS.at(scalar.place, found)


def _host_path(extension: Extension, source: str) -> str:
    """Return where a source is on the CORE I/O; relative ones are in the extension's folder."""
    return posixpath.normpath(
        posixpath.join(EXTENSIONS_FOLDER, extension.name or "unknown", source)
    )


def _is_link(path: str) -> bool:
    return any(_is_within(path, folder) for folder in _LINK_FOLDERS)


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
