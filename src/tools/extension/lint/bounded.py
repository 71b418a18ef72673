"""Bounded reading of a gzipped tar, forwards, in memory: nothing is unpacked to disk."""

import gzip
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader

GZIP_MAGIC = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 16
# The largest header that `tarfile` reads: one with a long name, or with attributes.
_MAX_READ_BYTES = 2 << 20
_TAR_MAGIC_AT, _TAR_MAGIC = 257, b"ustar"
_WRONG = (
    *(tarfile.TarError, zlib.error, struct.error, EOFError, OSError, ValueError, RecursionError),
)


class Damaged(Exception):
    """The archive cannot be read further; the text says why."""


class TooLarge(Exception):
    """A limit is reached; the text says which."""


class Interrupted(Exception):
    """The user ended the command."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of everything that is unpacked in memory, one after the other.

    Data that is not made to be unpacked to a huge size shrinks to a two-hundredth at best.
    """

    max_ratio: int = 200
    # So that a ratio is judged only of more than this.
    min_bytes: int = 256 << 20
    max_bytes: int = 64 << 30
    max_members: int = 20_000


class Budget:
    """Bytes and members that may still be read, in all archives of a file together."""

    def __init__(self, file_bytes: int, limits: Limits, should_stop: Callable[[], bool]) -> None:
        self._left_bytes = min(
            limits.max_bytes, max(limits.min_bytes, limits.max_ratio * file_bytes)
        )
        self._left_members = limits.max_members
        self._should_stop = should_stop

    def spend(self, count_bytes: int) -> None:
        """Count bytes that were read.

        Raises:
            TooLarge: they were too many.
            Interrupted: the user ended the command.
        """
        if self._should_stop():
            raise Interrupted
        self._left_bytes -= count_bytes
        if self._left_bytes < 0:
            raise TooLarge("it unpacks to far more than its size")

    def spend_member(self) -> None:
        """Count a member; raise `TooLarge` if there are too many."""
        self._left_members -= 1
        if self._left_members < 0:
            raise TooLarge("it has too many members")


class BoundedReader:
    """A file that is read forwards only, within a budget; `tarfile` needs no more of a file."""

    def __init__(self, file: BufferedReader | gzip.GzipFile, budget: Budget) -> None:
        self._file = file
        self._budget = budget
        self._position = 0
        self._last = b""
        # Of one header: `tarfile` asks for the position before and after, and, depending on its
        # version, reads it at once or in pieces.
        self._read_in_a_row = 0

    def tell(self) -> int:
        """Return the number of bytes read."""
        self._read_in_a_row = 0
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes; raise `TooLarge` for more than a header has."""
        if not 0 <= size <= _MAX_READ_BYTES - self._read_in_a_row:
            raise TooLarge("the header of a member is too large")
        self._read_in_a_row += size
        return self._read(size)

    def _read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._budget.spend(len(data))
        self._position += len(data)
        self._last = data
        return data

    def seek(self, position: int, _whence: int = 0) -> int:
        """Skip to a later position, or to the end if it is before that."""
        while position > self._position:
            if not self._read(min(_CHUNK_BYTES, position - self._position)):
                break
        return self.tell()

    def is_at_end_marker(self) -> bool:
        """Whether the block read last is the first of those that end a tar, and all that follow."""
        blank = bool(self._last) and not self._last.strip(b"\0")
        while blank and (data := self._read(_CHUNK_BYTES)):
            blank = not data.strip(b"\0")
        return blank


def members(
    file: BufferedReader, budget: Budget
) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """Iterate over the members of a tar, gzipped or not; each is to be read before the next.

    Raises:
        Damaged: it is no tar, or it is truncated.
        TooLarge: it is larger than the budget.
    """
    with damage():
        reader = BoundedReader(_unzipped(file), budget)
        with tarfile.open(fileobj=reader, mode="r:") as tar:  # type: ignore[call-overload]
            for member in tar:
                budget.spend_member()
                yield tar, member
            if not reader.is_at_end_marker():
                raise Damaged("it is truncated, or damaged in the middle")


@contextmanager
def damage() -> Iterator[None]:
    """Raise `Damaged` for all that gzip and tarfile raise for wrong bytes.

    Headers within headers exhaust the stack.
    """
    try:
        yield
    except _WRONG as error:
        raise Damaged(str(error) or type(error).__name__) from error


def first_block(file: BufferedReader) -> bytes:
    """Return the first block of a file of which nothing was read yet, without reading it."""
    return file.peek(tarfile.BLOCKSIZE)[: tarfile.BLOCKSIZE]


def is_tar(block: bytes) -> bool:
    """Whether a file with this first block is a tar that is not compressed."""
    return block[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC)


def _unzipped(file: BufferedReader) -> BufferedReader | gzip.GzipFile:
    return gzip.open(file) if first_block(file).startswith(GZIP_MAGIC) else file
