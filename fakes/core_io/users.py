"""Numbers of a container's user and groups, by the files of its image."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spot_webcam.fakes.core_io.errors import CoreIoError
from spot_webcam.fakes.core_io.paths import resolved


@dataclass(frozen=True, slots=True)
class Identity:
    """User, group and supplementary groups of a process."""

    uid: int
    gid: int
    groups: tuple[int, ...]


def identity(root: Path, user: str, groups: Sequence[str]) -> Identity:
    """Return the numbers of `USER`, `USER:GROUP` and further groups; nothing is root.

    Raises:
        CoreIoError: the image has no user or group of that name.
    """
    name, _, group = (user or "0").partition(":")
    # name:password:uid:gid:...
    users = _lines(root, "etc/passwd")
    entry = next((one for one in users if name in (one[0], one[2])), None)
    if entry is None and not name.isdecimal():
        raise CoreIoError(f"the image has no user {name}")
    uid, gid = (int(name), 0) if entry is None else (int(entry[2]), int(entry[3]))
    known = {one[0]: int(one[2]) for one in _lines(root, "etc/group")}
    return Identity(
        uid,
        _number(known, group) if group else gid,
        tuple(_number(known, one) for one in groups),
    )


def _number(known: dict[str, int], group: str) -> int:
    if group.isdecimal():
        return int(group)
    if group not in known:
        raise CoreIoError(f"the image has no group {group}")
    return known[group]


def _lines(root: Path, name: str) -> list[list[str]]:
    file = resolved(root, name)
    if not file.is_file():
        return []
    return [line.split(":") for line in file.read_text().splitlines() if line.count(":") >= 3]
