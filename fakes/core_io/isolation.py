"""How containers are separated from this computer: namespaces and a root folder of their own."""

import os
import platform
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from spot_webcam.fakes.core_io.errors import CoreIoError

_UNSHARE = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
_AS_USER = ("--user", "--map-root-user")
_TRY_TIMEOUT_S = 10.0
# Docker's names of processors.
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
# The begin of an ELF program for Linux on arm64, and which of its bits count: for binfmt_misc.
_ARM64 = (
    r"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00",
    r"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff",
)
_EMULATOR = "qemu-aarch64-static"

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@dataclass(frozen=True, slots=True)
class Isolation:
    """Words before a command that isolate it.

    `binfmt` is what to register for programs of another processor; `has_users` is false where
    all users of the container are the one who runs the fake.
    """

    words: tuple[str, ...]
    has_users: bool
    binfmt: str = ""


def find_isolation(
    architecture: str,
    *,
    run: Run = subprocess.run,
    which: Callable[[str], str | None] = shutil.which,
    uid: int | None = None,
    machine: str | None = None,
) -> Isolation:
    """Return how images of an architecture can be run here.

    Raises:
        CoreIoError: they cannot; the text says why.
    """
    own = machine or platform.machine()
    if architecture == _MACHINES.get(own, own):
        if (os.geteuid() if uid is None else uid) == 0 and _works(run, _UNSHARE):
            return Isolation(_UNSHARE, has_users=True)
        if _works(run, (*_UNSHARE, *_AS_USER)):
            return Isolation((*_UNSHARE, *_AS_USER), has_users=False)
        raise CoreIoError("this computer allows neither chroot nor user namespaces")
    emulator = which(_EMULATOR)
    if architecture != "arm64" or emulator is None:
        raise CoreIoError(
            f"images for {architecture} need {_EMULATOR}: apt install qemu-user-static"
        )
    # Of a user namespace of its own: nothing is registered on this computer.
    words = (*_UNSHARE, *_AS_USER)
    if not _works(run, words, ("mount", "-t", "binfmt_misc", "binfmt_misc", BINFMT)):
        raise CoreIoError("this kernel has no binfmt_misc in user namespaces (Linux 6.7 has)")
    registered = ":".join(("", "arm64", "M", "", *_ARM64, str(Path(emulator).resolve()), "F"))
    return Isolation(words, has_users=False, binfmt=registered)


BINFMT = "/proc/sys/fs/binfmt_misc"


def _works(
    run: Run,
    words: tuple[str, ...],
    command: tuple[str, ...] = ("mount", "--bind", "/tmp", "/tmp"),  # noqa: S108
) -> bool:
    try:
        ended = run([*words, *command], capture_output=True, timeout=_TRY_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0
