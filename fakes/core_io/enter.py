"""First program of a container: mounts, the new root, the user, and then the program itself.

It runs in namespaces of its own, as a file with nothing but the standard library: each start of a
container waits for it.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

_BINFMT = Path("/proc/sys/fs/binfmt_misc")
_EXIT_CANNOT_START = 127
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Mount:
    """A path of this computer, and where it is to be; both exist."""

    source: str
    target: str
    read_only: bool


@dataclass(frozen=True, slots=True)
class Description:
    """What is run, where, and as whom; `binfmt` is registered before, unless it is empty."""

    root: str
    mounts: tuple[Mount, ...]
    words: tuple[str, ...]
    environment: dict[str, str]
    working_dir: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    has_users: bool
    binfmt: str

    def to_json(self) -> str:
        """Return it as an argument."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Description":
        """Return what `to_json` wrote."""
        content: dict[str, Any] = json.loads(text)
        content["mounts"] = tuple(Mount(**mount) for mount in content["mounts"])
        content["words"], content["groups"] = tuple(content["words"]), tuple(content["groups"])
        return cls(**content)


def enter(
    description: Description,
    run: Callable[[Sequence[str]], object],
    system: Any = os,
    binfmt: Path = _BINFMT,
) -> NoReturn:
    """Become the program; `run` runs a command, and raises if it fails."""
    root = description.root
    if description.binfmt:
        run(["mount", "-t", "binfmt_misc", "binfmt_misc", str(binfmt)])
        (binfmt / "register").write_text(description.binfmt)
    for mount in description.mounts:
        run(["mount", "--rbind", mount.source, mount.target])
        if mount.read_only and description.has_users:
            run(["mount", "-o", "remount,bind,ro", mount.target])
    run(["mount", "-t", "proc", "proc", f"{root}/proc"])
    system.chroot(root)
    system.chdir(description.working_dir)
    if description.has_users:
        system.setgroups(description.groups)
        system.setgid(description.gid)
        system.setuid(description.uid)
    die_with_parent()
    system.execvpe(description.words[0], description.words, description.environment)
    raise AssertionError("execvpe returned")


def main() -> NoReturn:
    """Become the program that the only argument describes."""

    def run(words: Sequence[str]) -> object:
        return subprocess.run(words, check=True)  # noqa: S603 - mount

    try:
        enter(Description.from_json(sys.argv[1]), run)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"the container cannot be started: {error}\n")
    sys.exit(_EXIT_CANNOT_START)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends; a change of the user undoes it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
