"""The file of an extension: its manifest, and its members in a folder."""

import gzip
import json
import re
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spot_webcam.fakes.core_io.errors import CoreIoError, refuse_sparse, refusing
from spot_webcam.fakes.core_io.paths import resolved

MANIFEST = "manifest.json"
COMPOSE = "docker-compose.yml"
_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an installation needs of `manifest.json`."""

    name: str
    version: str
    images: tuple[str, ...]
    udev_rules: str
    saved: frozenset[str]


def unpack_package(file: Path, folder: Path) -> Manifest:
    """Unpack an extension into a folder, and return its manifest.

    Raises:
        CoreIoError: it is no extension, or names files that it does not have.
    """
    with refusing(f"{file.name} cannot be unpacked"), gzip.open(file) as stream:
        with tarfile.open(fileobj=stream, mode="r:") as tar:
            for member in tar:
                _unpack(tar, member, folder)
        while stream.read(1 << 20):  # the checksum is at its end
            pass
    manifest = read_manifest(folder, file.stem)
    for name in (*manifest.images, *filter(None, [manifest.udev_rules])):
        with refusing(f"{MANIFEST} is invalid"):
            if ".." in name.split("/") or not (folder / name).is_file():
                raise CoreIoError(f"{MANIFEST} names {name}, which is not in {file.name}")
    return manifest


def read_manifest(folder: Path, default_name: str) -> Manifest:
    """Return the manifest in a folder.

    Raises:
        CoreIoError: it is missing, or invalid.
    """
    if not (folder / MANIFEST).exists():
        raise CoreIoError(f"there is no {MANIFEST} at the top level")
    with refusing(f"{MANIFEST} is invalid"):
        content: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        name = content.get("extension_name", default_name)
        if not _NAME.fullmatch(name):
            raise CoreIoError(f"extension_name {name!r} has other characters than A-Za-z0-9_-")
        manifest = Manifest(
            name=name,
            version=content["version"],
            images=tuple(content.get("images", ())),
            udev_rules=content.get("udev_rules", ""),
            saved=frozenset(
                path.rstrip("/")
                for key in ("files_to_save", "directories_to_save")
                for path in content.get(key, ())
            ),
        )
    for path in manifest.saved:
        if not path or path.startswith("/") or ".." in path.split("/"):
            raise CoreIoError(f"{path!r} of files_to_save is outside of the extension's folder")
    return manifest


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    if member.name.startswith("/") or ".." in member.name.split("/"):
        raise CoreIoError(f"member {member.name} is outside of the extension's folder")
    refuse_sparse(member)
    path = resolved(folder, member.name)
    content = tar.extractfile(member) if member.isreg() else None
    if content is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            shutil.copyfileobj(content, file)
        path.chmod(member.mode & 0o777)
    elif member.isdir():
        path.mkdir(parents=True, exist_ok=True)
    else:
        raise CoreIoError(f"member {member.name} is neither a file nor a folder")
