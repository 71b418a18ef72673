"""One pass over the archive of an extension: names, small texts and image archives."""

import posixpath
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedReader

from spot_webcam.tools.extension.lint.bounded import (
    GZIP_MAGIC,
    Budget,
    Damaged,
    TooLarge,
    damage,
    first_block,
    is_tar,
    members,
)
from spot_webcam.tools.extension.lint.finding import COMPOSE, MANIFEST, Finding, Place
from spot_webcam.tools.extension.lint.image_archive import (
    ImageArchive,
    NoImageArchive,
    read_image_archive,
)
from spot_webcam.tools.extension.lint.rules import archive as rules

ENV = ".env"
# Of each text that is kept.
MAX_TEXT_BYTES = 64 << 10
_TEXTS = (MANIFEST, COMPOSE, ENV)


@dataclass(slots=True)
class Contents:
    """What the archive of an extension holds; `complete` unless it could not be read to its end."""

    files: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    texts: dict[str, bytes] = field(default_factory=dict)
    images: dict[str, ImageArchive] = field(default_factory=dict)
    complete: bool = False

    def has(self, path: str) -> bool:
        """Whether a file or a folder of this name is in the archive."""
        return path in self.files or path in self.folders

    def files_at_top(self) -> list[str]:
        """Return the files that are in no folder, sorted."""
        return sorted(path for path in self.files if "/" not in path)


def read_archive(
    file: BufferedReader, name: str, budget: Budget, contents: Contents
) -> Iterator[Finding]:
    """Read the archive into `contents`; yield what is wrong with the archive itself."""
    whole = Place()
    if not name.endswith(".spx"):
        yield rules.FILE_SUFFIX.at(Place(name), "the name does not end in .spx")
    block = first_block(file)
    if not block.startswith(GZIP_MAGIC):
        yield rules.NOT_GZIP.at(whole, f"the file is {_kind(block)}")
    try:
        for tar, member in members(file, budget):
            yield from _read_member(tar, member, budget, contents)
        contents.complete = True
    except Damaged as error:
        if block.startswith(GZIP_MAGIC) or is_tar(block):  # otherwise it was said
            yield rules.DAMAGED.at(whole, f"the archive ends early: {error}")
    except TooLarge as error:
        yield rules.TOO_LARGE.at(whole, str(error))


def _read_member(
    tar: tarfile.TarFile, member: tarfile.TarInfo, budget: Budget, contents: Contents
) -> Iterator[Finding]:
    place = Place(member.name)
    path = posixpath.normpath(member.name)
    if path.startswith("/") or ".." in member.name.split("/"):
        yield rules.UNSAFE_PATH.at(place, "the name leads outside of the extension's folder")
        return
    if contents.has(path) and not member.isdir():
        yield rules.DUPLICATE_MEMBER.at(place, "the archive has this member twice")
    folder = posixpath.dirname(path)
    while folder:
        contents.folders.add(folder)
        folder = posixpath.dirname(folder)
    if member.isdir():
        contents.folders.add(path)
        return
    contents.files.add(path)
    if member.issym() or member.islnk():
        base = posixpath.dirname(path) if member.issym() else ""
        target = posixpath.normpath(posixpath.join(base, member.linkname))
        if target.startswith(("/", "../")) or target == "..":
            yield rules.LINK_OUTSIDE.at(place, f"the link points to {member.linkname!r}")
    elif not member.isreg():
        yield rules.SPECIAL_FILE.at(place, "the member is a device, a pipe or the like")
    else:
        with damage():
            _read_file(tar, member, path, budget, contents)


def _read_file(
    tar: tarfile.TarFile, member: tarfile.TarInfo, path: str, budget: Budget, contents: Contents
) -> None:
    content = tar.extractfile(member)
    if not isinstance(content, BufferedReader):  # for the type's sake: it is, of a regular file
        return
    if path in _TEXTS:
        # One byte more shows that it is too long.
        contents.texts[path] = content.read(MAX_TEXT_BYTES + 1)
        return
    block = first_block(content)
    if block.startswith(GZIP_MAGIC) or is_tar(block):
        with suppress(NoImageArchive):
            contents.images[path] = read_image_archive(content, budget)


def _kind(block: bytes) -> str:
    if is_tar(block):
        return "a tar, but not gzipped"
    if block.startswith(b"PK\x03\x04"):
        return "a zip"
    return "neither gzipped nor a tar" if block else "empty"
