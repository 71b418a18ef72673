"""How containers can be isolated, on computers of every kind."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from spot_webcam.fakes.core_io import CoreIoError
from spot_webcam.fakes.core_io.isolation import find_isolation


class Computer:
    """A computer on which commands with these words fail."""

    def __init__(self, *failing: str, hangs: bool = False, has_unshare: bool = True) -> None:
        self._failing = set(failing)
        self._hangs = hangs
        self._has_unshare = has_unshare

    def run(self, words: Sequence[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        if not self._has_unshare:
            raise FileNotFoundError(words[0])
        if self._hangs:
            raise subprocess.TimeoutExpired(list(words), 1)
        return subprocess.CompletedProcess(list(words), int(bool(self._failing & set(words))))


def find(computer: Computer, architecture: str = "amd64", **options: Any) -> Any:
    options = {"uid": 0, "machine": "x86_64", "which": lambda _: "/usr/bin/qemu", **options}
    return find_isolation(architecture, run=computer.run, **options)


def test_root_has_users() -> None:
    found = find(Computer())
    assert found.has_users
    assert "--user" not in found.words


@pytest.mark.parametrize("uid", [0, 1000])
def test_user_namespace_is_next(uid: int) -> None:
    # Root in a container may be refused the first, too.
    computer = Computer() if uid else RootRefused()
    found = find(computer, uid=uid)
    assert not found.has_users
    assert "--user" in found.words


class RootRefused(Computer):
    def run(self, words: Sequence[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(list(words), int("--user" not in words))


@pytest.mark.parametrize(
    "computer", [Computer("unshare"), Computer(hangs=True), Computer(has_unshare=False)]
)
def test_computer_without_namespaces_is_refused(computer: Computer) -> None:
    with pytest.raises(CoreIoError, match="neither chroot nor user namespaces"):
        find(computer)


def test_other_processor_is_emulated() -> None:
    found = find(Computer(), "arm64")
    assert found.binfmt.startswith(":arm64:M::\\x7fELF")
    assert found.binfmt.endswith(":F")
    assert "--user" in found.words
    assert find(Computer(), "arm64", machine="aarch64").binfmt == ""


def test_other_processor_without_emulator_is_refused() -> None:
    with pytest.raises(CoreIoError, match="apt install qemu-user-static"):
        find(Computer(), "arm64", which=lambda _: None)
    with pytest.raises(CoreIoError, match="images for riscv64"):
        find(Computer(), "riscv64")
    with pytest.raises(CoreIoError, match="binfmt_misc"):
        find(Computer("binfmt_misc"), "arm64")


def test_this_computer_is_asked_by_default() -> None:
    with suppress(CoreIoError):  # it may allow no namespaces
        assert find_isolation("amd64").words[0] == "unshare"
