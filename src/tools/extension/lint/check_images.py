"""Checks of the image archives against manifest and compose file."""

import posixpath
from collections.abc import Iterator

from spot_webcam.tools.extension.lint.extension import Extension
from spot_webcam.tools.extension.lint.finding import Finding, Place
from spot_webcam.tools.extension.lint.image_archive import ImageArchive
from spot_webcam.tools.extension.lint.rules import images as rules


def check_images(extension: Extension) -> Iterator[Finding]:
    """Check that archives are named, can be loaded, and hold what the services need."""
    contents, manifest = extension.contents, extension.manifest
    listed = manifest.get("images") if manifest else None
    named: set[str] = set()
    for entry in listed.elements() if listed and isinstance(listed.value, list) else ():
        path = posixpath.normpath(entry.text)
        named.add(path)
        archive = contents.images.get(path)
        if path not in contents.files:
            if contents.complete:
                found = f"the archive has no {entry.text!r}"
                yield rules.ARCHIVE_MISSING.at(entry.place, found)
        elif archive is None:
            yield rules.ARCHIVE_INVALID.at(Place(path), "it is no archive of images")
    for path, archive in contents.images.items():
        if manifest is not None and path not in named and archive.images:
            yield rules.ARCHIVE_NOT_NAMED.at(Place(path), "manifest.json does not name it")
        if path in named or archive.images:
            yield from _check_archive(path, archive, extension.arch)
    if contents.complete and extension.compose is not None:
        yield from _check_names(extension, listed_any=bool(named))


def _check_archive(path: str, archive: ImageArchive, arch: str) -> Iterator[Finding]:
    place = Place(path)
    if archive.problem:
        yield rules.ARCHIVE_INVALID.at(place, archive.problem)
        return
    if not archive.gzipped:
        yield rules.ARCHIVE_NOT_COMPRESSED.at(place, "it is a tar, not gzipped")
    for image in archive.images:
        name = ", ".join(image.tags) or "an image"
        if not image.tags:
            yield rules.UNTAGGED.at(place, "an image has no name and tag")
        if image.platform != f"linux/{arch}":
            found = f"{name} is for {image.platform}, not linux/{arch}"
            yield rules.ARCHITECTURE.at(place, found)


def _check_names(extension: Extension, *, listed_any: bool) -> Iterator[Finding]:
    packed = {with_tag(tag) for tag in extension.images()}
    used: set[str] = set()
    for _, service in extension.services():
        image = service.get("image")
        if image is None or not image.text:
            continue
        name = with_tag(image.text)
        used.add(name)
        if name not in packed:
            known = f": packed are {', '.join(sorted(packed))}" if packed else ""
            yield rules.NOT_PACKED.at(image.place, f"no archive has {name}{known}")
    for path, archive in extension.contents.images.items():
        for image_of_archive in archive.images if listed_any else ():
            tags = image_of_archive.tags
            if tags and not used & {with_tag(tag) for tag in tags}:
                found = f"no service has image: {tags[0]}"
                yield rules.NOT_USED.at(Place(path), found)


def with_tag(name: str) -> str:
    """Return an image's name with its tag, without the parts that are Docker's defaults."""
    name = name.removeprefix("docker.io/").removeprefix("library/")
    return name if ":" in name.rsplit("/", 1)[-1] or "@" in name else f"{name}:latest"
