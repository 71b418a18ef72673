"""Images in the format of `docker save`: their configurations, and root folders of their layers."""

import json
import os
import shutil
import tarfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spot_webcam.fakes.core_io.errors import refuse_sparse, refusing
from spot_webcam.fakes.core_io.paths import removed, resolved

_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"


@dataclass(frozen=True, slots=True)
class Image:
    """An image in an archive; `config` is that of its containers, in Docker's terms."""

    archive: Path
    architecture: str
    config: Mapping[str, Any]
    layers: tuple[str, ...]


def read_images(archive: Path) -> dict[str, Image]:
    """Return the images of an archive by name and tag.

    Raises:
        CoreIoError: `docker load` would not take it.
    """
    images: dict[str, Image] = {}
    what = f"{archive.name} is no archive of images"
    with refusing(what), tarfile.open(archive, "r:*") as tar:
        for entry in json.loads(_read(tar, "manifest.json")):
            described = json.loads(_read(tar, entry["Config"]))
            image = Image(
                archive,
                described["architecture"],
                described.get("config") or {},
                tuple(entry["Layers"]),
            )
            images.update(dict.fromkeys(entry.get("RepoTags") or (), image))
    return images


def unpack_image(image: Image, root: Path) -> None:
    """Unpack the layers of an image into a folder, one over the other.

    Device files are left out; owners are kept where this process may set them.

    Raises:
        CoreIoError: a layer is missing or damaged.
    """
    what = f"a layer in {image.archive.name} is damaged"
    with refusing(what), tarfile.open(image.archive, "r:*") as tar:
        for name in image.layers:
            content = tar.extractfile(name)
            with tarfile.open(fileobj=content, mode="r:*") as layer:
                _unpack_layer(layer, root)


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    content = tar.extractfile(name)
    return b"" if content is None else content.read()


def _unpack_layer(layer: tarfile.TarFile, root: Path) -> None:
    added: set[Path] = set()
    folders: list[tuple[Path, int]] = []
    for member in layer:
        head, _, name = member.name.rstrip("/").rpartition("/")
        parent = resolved(root, head)
        parent.mkdir(parents=True, exist_ok=True)
        if name == _OPAQUE:
            for path in set(parent.iterdir()) - added:
                removed(path)
        elif name.startswith(_WHITEOUT):
            removed(parent / name.removeprefix(_WHITEOUT))
        elif name in {"", "."}:
            folders.append((root, member.mode))
        else:
            path = parent / name
            added.add(path)
            _unpack(layer, member, root, path)
            if member.isdir():
                folders.append((path, member.mode))
    # A folder may be read-only: only when it is complete.
    for path, mode in folders:
        path.chmod(mode)


def _unpack(layer: tarfile.TarFile, member: tarfile.TarInfo, root: Path, path: Path) -> None:
    refuse_sparse(member)
    if member.isdir():
        if not path.is_dir() or path.is_symlink():
            removed(path).mkdir()
    elif member.issym():
        removed(path).symlink_to(member.linkname)
    elif member.islnk():
        head, _, name = member.linkname.rpartition("/")
        os.link(resolved(root, head) / name, removed(path), follow_symlinks=False)
    else:
        content = layer.extractfile(member)
        if content is None:  # a device
            return
        with removed(path).open("wb") as file:
            shutil.copyfileobj(content, file)
    # Another owner takes the setuid bit away: the mode is set afterwards.
    with suppress(PermissionError):
        os.chown(path, member.uid, member.gid, follow_symlinks=False)
    if member.isreg():
        path.chmod(member.mode)
