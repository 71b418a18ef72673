"""Paths within a root folder, as a program sees them whose root that folder is."""

import shutil
from pathlib import Path

from spot_webcam.fakes.core_io.errors import CoreIoError

# As many as Linux follows.
_MAX_LINKS = 40


def resolved(root: Path, path: str) -> Path:
    """Return where a path leads; links are followed, and never out of the root.

    Raises:
        CoreIoError: links lead to one another.
    """
    parts = path.split("/")[::-1]
    found = root
    links = 0
    while parts:
        part = parts.pop()
        if part in {"", "."}:
            continue
        if part == "..":
            found = found if found == root else found.parent
            continue
        if (found / part).is_symlink():
            links += 1
            if links > _MAX_LINKS:
                raise CoreIoError(f"too many links in {path}")
            target = str((found / part).readlink())
            found = root if target.startswith("/") else found
            parts += target.split("/")[::-1]
        else:
            found /= part
    return found


def removed(path: Path) -> Path:
    """Return the path after whatever was there is removed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    return path
