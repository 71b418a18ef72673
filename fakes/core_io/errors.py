"""What a CORE I/O refuses."""

import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import yaml

# What readers of archives, JSON and YAML raise for wrong content, and what its use does.
_FOREIGN = (
    *(OSError, EOFError, tarfile.TarError, zlib.error, yaml.YAMLError, RecursionError),
    *(ValueError, TypeError, LookupError, AttributeError),
)


class CoreIoError(Exception):
    """An extension cannot be installed or started; the text says why."""


@contextmanager
def refusing(what: str) -> Iterator[None]:
    """Raise `CoreIoError` for all that somebody else's files cause; `what` begins its text."""
    try:
        yield
    except _FOREIGN as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise CoreIoError(f"{what}: {reason}") from error


def refuse_sparse(member: tarfile.TarInfo) -> None:
    """Raise `CoreIoError` for a file with holes: a few bytes could fill the disk."""
    if member.issparse():
        raise CoreIoError(f"member {member.name} is a sparse file: pack it as a whole")
