"""The first program of a container, on a system that only records what is asked of it."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.fakes.core_io import enter as module
from spot_webcam.fakes.core_io.enter import Description, Mount, enter

DESCRIPTION = Description(
    root="/root-of-it",
    mounts=(Mount("/a", "/root-of-it/a", True), Mount("/b", "/root-of-it/b", False)),
    words=("program", "word"),
    environment={"PATH": "/bin"},
    working_dir="/app",
    uid=1000,
    gid=1001,
    groups=(44,),
    has_users=True,
    binfmt="",
)


class RecordingSystem:
    """Calls that would change this process, in order."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def run(self, words: Sequence[str]) -> None:
        self.calls.append(" ".join(words))

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self.calls.append((name, *arguments))


def entered(description: Description, binfmt: Path = Path("/nowhere")) -> list[Any]:
    system = RecordingSystem()
    with pytest.raises(AssertionError, match="execvpe returned"):
        enter(description, system.run, system, binfmt)
    return system.calls


def test_mounts_come_first_and_the_user_last() -> None:
    assert entered(DESCRIPTION) == [
        "mount --rbind /a /root-of-it/a",
        "mount -o remount,bind,ro /root-of-it/a",
        "mount --rbind /b /root-of-it/b",
        "mount -t proc proc /root-of-it/proc",
        ("chroot", "/root-of-it"),
        ("chdir", "/app"),
        ("setgroups", (44,)),
        ("setgid", 1001),
        ("setuid", 1000),
        ("execvpe", "program", ("program", "word"), {"PATH": "/bin"}),
    ]


def test_without_users_there_is_no_change_of_the_user() -> None:
    calls = entered(replace(DESCRIPTION, has_users=False))
    assert [call[0] for call in calls if isinstance(call, tuple)] == ["chroot", "chdir", "execvpe"]
    assert "mount -o remount,bind,ro /root-of-it/a" not in calls


def test_programs_of_another_processor_are_registered(tmp_path: Path) -> None:
    calls = entered(replace(DESCRIPTION, binfmt=":arm64:M:..."), tmp_path)
    assert calls[0] == f"mount -t binfmt_misc binfmt_misc {tmp_path}"
    assert (tmp_path / "register").read_text() == ":arm64:M:..."


def test_description_passes_through_an_argument() -> None:
    assert Description.from_json(DESCRIPTION.to_json()) == DESCRIPTION


def test_container_that_cannot_be_started_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    nowhere = replace(DESCRIPTION, root=str(tmp_path / "gone"), mounts=())
    monkeypatch.setattr(sys, "argv", ["enter", nowhere.to_json()])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(module.__file__), run_name="__main__")
    assert ended.value.code == 127
    assert capsys.readouterr().err.startswith("the container cannot be started: ")
