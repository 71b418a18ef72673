"""The commands and files of docs/systemd.md, as far as they need no root."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from spot_webcam.tools.systemd.unit import Unit
from tests import documents
from tests.documents import ROOT
from tests.unit.tools.systemd.conftest import Computer

FILE = ROOT / "docs/systemd.md"
PAGE = FILE.read_text()


def block(language: str) -> str:
    [found] = [one.text for one in documents.blocks(PAGE) if one.language == language]
    return found


def commands() -> list[list[str]]:
    """Return the commands of the page by their words, without sudo."""
    return [shlex.split(one.line.removeprefix("sudo ")) for one in documents.commands(FILE)]


def test_secrets_are_stored_where_the_service_finds_them(
    computer: Computer, capsys: pytest.CaptureFixture[str]
) -> None:
    computer.at("/etc/credstore/spot-webcam.payload").unlink()
    computer.write("/etc/spot-webcam.toml", block("toml"))
    stored = [words[-1] for words in commands() if words[0] == "install"]
    for file in stored:
        computer.write(file, "guid\nsecret\n", 0o600)
    computer.install()
    said = capsys.readouterr().out.replace(str(computer.root), "")
    assert "".join(f"    {line}\n" for line in said.splitlines()) in PAGE
    unit = computer.unit.read_text()
    assert {f"LoadCredential=payload:{stored[0]}", f"LoadCredential=gate:{stored[1]}"} <= set(
        unit.splitlines()
    )

    [encrypted] = [words[-1] for words in commands() if words[0] == "systemd-creds"]
    computer.write(encrypted, "")
    computer.install()
    assert f"LoadCredentialEncrypted=payload:{encrypted}" in computer.unit.read_text()


def test_commands_of_this_package_are_taken(computer: Computer) -> None:
    own = [words[1:] for words in commands() if words[0] == "/opt/spot-webcam/bin/spot-webcam"]
    assert {words[0] for words in own} == {"install-service", "uninstall-service"}
    for name, *flags in own:
        (computer.install if name == "install-service" else computer.uninstall)(*flags)
    flags = re.findall(r"^- `(--[a-z]+)", PAGE, re.MULTILINE)
    assert flags == ["--config", "--user", "--name", "--print"]


def test_settings_that_may_be_changed_are_in_the_unit() -> None:
    unit = Unit("spot-webcam", ["x"], Path("/etc/spot-webcam.toml"), 252).text()
    for setting in re.findall(r"^([A-Z]\w+=)", block("ini"), re.MULTILINE):
        assert re.search(f"^{setting}", unit, re.MULTILINE)
    for written in ("OOMScoreAdjust=500", "WatchdogSec=30", "RestartSec=2"):
        assert written in unit
    assert "OOMScoreAdjust=500" in PAGE
