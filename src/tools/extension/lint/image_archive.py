"""Facts of an image archive in the format of `docker save`."""

import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BufferedReader
from typing import Any

from spot_webcam.tools.extension.lint.bounded import (
    GZIP_MAGIC,
    Budget,
    Damaged,
    TooLarge,
    damage,
    first_block,
    members,
)

_MANIFEST = "manifest.json"
# Manifests and configurations; layers are skipped.
_MAX_JSON_BYTES = 1 << 20
_MAX_JSONS = 200


@dataclass(frozen=True, slots=True)
class Image:
    """One image: its names with tags, platform such as `linux/arm64`, and user."""

    tags: tuple[str, ...]
    platform: str
    user: str


@dataclass(frozen=True, slots=True)
class ImageArchive:
    """The images of an archive; `problem` says why it cannot be loaded, or is empty."""

    images: tuple[Image, ...] = ()
    problem: str = ""
    gzipped: bool = True


class NoImageArchive(Exception):
    """The file is something else, such as an archive of data."""


def read_image_archive(file: BufferedReader, budget: Budget) -> ImageArchive:
    """Read an archive from its begin.

    Raises:
        NoImageArchive: it has no manifest of images.
        TooLarge: it is larger than the budget.
    """
    gzipped = first_block(file).startswith(GZIP_MAGIC)
    names: set[str] = set()
    jsons: dict[str, bytes] = {}
    try:
        for tar, member in members(file, budget):
            name = member.name.removeprefix("./")
            names.add(name)
            if member.isreg() and member.size <= _MAX_JSON_BYTES and len(jsons) < _MAX_JSONS:
                with damage():
                    _keep_json(tar, member, name, jsons)
    except Damaged as error:
        return ImageArchive(problem=str(error), gzipped=gzipped)
    if _MANIFEST not in names:
        raise NoImageArchive
    try:
        entries = json.loads(jsons.get(_MANIFEST, b""))
        images = tuple(_image(entry, names, jsons) for entry in entries)
    except Damaged as error:
        return ImageArchive(problem=str(error), gzipped=gzipped)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return ImageArchive(problem="its manifest.json is not that of images", gzipped=gzipped)
    return ImageArchive(images, "" if images else "its manifest.json names no image", gzipped)


def _keep_json(
    tar: tarfile.TarFile, member: tarfile.TarInfo, name: str, jsons: dict[str, bytes]
) -> None:
    content = tar.extractfile(member)
    if content is None:
        return
    start = content.read(1)
    if start in {b"{", b"["}:
        data = start + content.read(_MAX_JSON_BYTES)
        if len(data) > member.size:
            raise TooLarge("a member is larger than its header says")
        jsons[name] = data


def _image(entry: Mapping[str, Any], names: set[str], jsons: Mapping[str, bytes]) -> Image:
    layers: Sequence[str] = entry["Layers"]
    for name in (entry["Config"], *layers):
        if name not in names:
            raise Damaged(f"it has no {name}, which its manifest.json names")
    config = json.loads(jsons[entry["Config"]])
    platform = f"{config.get('os') or 'linux'}/{config.get('architecture') or 'unknown'}"
    user = (config.get("config") or {}).get("User") or ""
    return Image(tuple(map(str, entry.get("RepoTags") or ())), platform, str(user))
