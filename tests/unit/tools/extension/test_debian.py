import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.tools.extension import debian
from spot_webcam.tools.extension.debian import Apt
from spot_webcam.tools.extension.steps import ProcessFailed, Steps

PYTHON = "python3.11_3.11.2-6+deb12u9_arm64.deb"
ZLIB = "zlib1g_1%3a1.2.13_arm64.deb"
DPKG = "dpkg_1.21.23_arm64.deb"
FILES = (ZLIB, PYTHON, DPKG)


class FakeApt(Steps):
    """Steps whose programs are apt-get: it knows three packages, and downloads them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(threading.Event(), Console(stderr=True))
        self._folder = folder
        self.commands: list[list[str]] = []
        self.error = ""
        self.has_network = True

    def run(
        self,
        command: Sequence[str],
        advance: Callable[[int], None],  # noqa: ARG002
        done: Callable[[], int] = lambda: 0,
        environment: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> str:
        words = [word for word in command[1:] if word != "-o" and "::" not in word]
        if words == ["update"] and not self.has_network:
            return "Ign:1\nW: Failed to fetch http://deb.debian.org/InRelease  No such host\n"
        self.commands.append(words)
        if self.error:
            raise ProcessFailed(f"Reading package lists...\n{self.error}\n")
        if "--print-uris" in words:
            uris = [f"'http://deb.debian.org/pool/{name}' {name} 5 SHA256:00" for name in FILES]
            return "The following NEW packages will be installed:\n" + "\n".join(uris)
        if "--download-only" in words:
            for name in FILES:
                (self._folder / "archives" / name).write_bytes(b"12345")
            assert done() == 15
        return ""


@pytest.fixture(autouse=True)
def computer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A computer with apt and Debian's keys, of another release."""
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(debian, "_is_same_release", lambda: False)
    monkeypatch.setattr(debian, "_KEYRING", tmp_path)


def apt(folder: Path, steps: Steps, mirror: str | None = None) -> Apt:
    return Apt(folder, "arm64", mirror, steps)


def test_what_is_wanted_is_downloaded_without_what_only_scripts_need(tmp_path: Path) -> None:
    steps = FakeApt(tmp_path)
    found = apt(tmp_path, steps).packages(offline=False)
    assert [package.file.name for package in found] == [PYTHON, ZLIB]
    zlib = found[1].component
    assert (zlib.name, zlib.version, zlib.architecture) == ("zlib1g", "1:1.2.13", "arm64")
    assert zlib.sha256 == "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5"
    assert [words[0] for words in steps.commands] == ["update", "install", "install"]


def test_offline_asks_no_server(tmp_path: Path) -> None:
    apt(tmp_path, FakeApt(tmp_path)).packages(offline=False)
    steps = FakeApt(tmp_path)
    assert len(apt(tmp_path, steps).packages(offline=True)) == 2
    assert [words for words in steps.commands if "--print-uris" not in words] == []


def test_offline_without_a_cache_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CouldNotRun, match=r"3 Debian packages for arm64 .* without --offline"):
        apt(tmp_path, FakeApt(tmp_path)).packages(offline=True)


@pytest.mark.parametrize(
    ("offline", "message"),
    [
        (False, "apt-get: Unable to locate package python3.11: check the network, or .*--mirror"),
        (True, "lists of Debian packages for arm64 are not in the cache: .*without --offline"),
    ],
)
def test_an_error_of_apt_is_one_line(tmp_path: Path, offline: bool, message: str) -> None:
    steps = FakeApt(tmp_path)
    steps.error = "E: Unable to locate package python3.11"
    with pytest.raises(CouldNotRun, match=message) as raised:
        apt(tmp_path, steps).packages(offline=offline)
    assert "\n" not in str(raised.value)


def test_without_network_lists_of_the_last_time_are_used_and_a_warning_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    steps = FakeApt(tmp_path)
    steps.has_network = False
    assert len(apt(tmp_path, steps).packages(offline=False)) == 2
    [record] = caplog.records
    assert (
        record.getMessage() == "apt: Failed to fetch http://deb.debian.org/InRelease  No such host"
    )


def test_a_mirror_has_the_archives_below_it(tmp_path: Path) -> None:
    apt(tmp_path, FakeApt(tmp_path), "http://mirror.example/")
    lines = (tmp_path / "sources.list").read_text().splitlines()
    assert [line.partition("] ")[2] for line in lines] == [
        "http://mirror.example/debian bookworm main",
        "http://mirror.example/debian bookworm-updates main",
        "http://mirror.example/debian-security bookworm-security main",
    ]


def test_sources_of_the_same_release_are_those_of_the_computer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "_is_same_release", lambda: True)
    apt(tmp_path, FakeApt(tmp_path))
    assert not (tmp_path / "sources.list").exists()


def test_a_computer_without_apt_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(CouldNotRun, match="apt-get is missing: build on Debian or Ubuntu"):
        apt(tmp_path, FakeApt(tmp_path))


def test_a_computer_without_keys_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "_KEYRING", tmp_path / "missing.gpg")
    with pytest.raises(CouldNotRun, match="install debian-archive-keyring"):
        apt(tmp_path, FakeApt(tmp_path))
