"""Reproducible archives: members in the order given, without traces of this computer."""

import errno
import gzip
import io
import os
import re
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from spot_webcam.app.cli.command_line import CouldNotRun, Misused

_SECONDS = re.compile(r"[0-9]{1,12}")


def created_s() -> int:
    """Return the time that archives bear: SOURCE_DATE_EPOCH, else now.

    Raises:
        Misused: it is no number of seconds.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not given:
        return int(time.time())
    # Four digits for the year, as in manifests.
    if not _SECONDS.fullmatch(given) or int(given) > 253402300799:
        raise Misused(f"SOURCE_DATE_EPOCH={given[:20]!r}: expected the seconds since 1970")
    return int(given)


@contextmanager
def new_file(path: Path, *, is_private: bool = False) -> Iterator[IO[bytes]]:
    """Yield a file that replaces `path` once it is complete; after an error there is none.

    Others may not read a private one.

    Raises:
        CouldNotRun: it cannot be written.
    """
    try:
        if path.is_dir():  # not only after minutes
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            written = Path(file.name)
            try:
                yield file
                file.flush()
                written.chmod(0o600 if is_private else 0o644)
                written.replace(path)
            except BaseException:
                written.unlink(missing_ok=True)
                raise
    except OSError as error:
        name = error.filename
        if isinstance(name, str) and _folder_of(name) != _folder_of(path):
            raise CouldNotRun(f"{name} cannot be read or written: {error.strerror}") from error
        raise CouldNotRun(
            f"{path} cannot be written: {error.strerror or error}: choose another --output"
        ) from error


def _folder_of(path: str | Path) -> Path:
    return Path(path).absolute().parent


@contextmanager
def compressed(file: IO[bytes], level: int) -> Iterator[IO[bytes]]:
    """Yield a stream whose gzip is written to a file, with neither time nor name."""
    with gzip.GzipFile("", "wb", level, file, mtime=0) as stream:
        yield stream  # type: ignore[misc] # a GzipFile is no IO, but has what is used of it


class Archive:
    """A tar archive that is written member by member."""

    def __init__(self, file: IO[bytes], created_s: int, advance: Callable[[int], None]):
        """`advance` is called with the bytes that were added, and may raise to stop."""
        # GNU's format: long names without the headers of pax, which have times and more.
        self._tar = tarfile.TarFile(fileobj=file, mode="w", format=tarfile.GNU_FORMAT)
        self._created_s = created_s
        self._advance = advance

    def add(self, member: tarfile.TarInfo, content: IO[bytes] | None = None) -> None:
        """Add a member with its own mode and owner, and the time of all."""
        member.mtime = self._created_s
        self._tar.addfile(member, content)
        self._advance(member.size)

    def add_file(self, name: str, content: bytes | Path) -> None:
        """Add a file of bytes, or of another file's content, that everyone may read."""
        member = tarfile.TarInfo(name)
        if isinstance(content, bytes):
            member.size = len(content)
            self.add(member, io.BytesIO(content))
            return
        with content.open("rb") as file:
            member.size = os.fstat(file.fileno()).st_size
            self.add(member, file)

    def close(self) -> None:
        """Write the end."""
        self._tar.close()


def write_extension(
    file: IO[bytes],
    members: Mapping[str, bytes | Path],
    created_s: int,
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Write an extension: a gzipped tar with its members at the top level."""
    # Images are compressed already.
    with compressed(file, level=1) as stream:
        archive = Archive(stream, created_s, advance)
        for name, content in members.items():
            archive.add_file(name, content)
        archive.close()
