"""The text of the unit."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from spot_webcam.tools.systemd.unit import Unit


def lines(**changes: object) -> list[str]:
    given = {
        "name": "cams",
        "command": ["/opt/x/bin/spot-webcam"],
        "config": Path("/etc/cams.toml"),
        "systemd_version": 252,
    }
    return Unit(**{**given, **changes}).text().splitlines()  # type: ignore[arg-type]


@pytest.mark.parametrize("version", [0, 249, 252])
def test_old_systemd_reloads_by_a_command(version: int) -> None:
    text = lines(systemd_version=version)
    assert "Type=notify" in text
    assert "ExecReload=/bin/kill -HUP $MAINPID" in text


@pytest.mark.parametrize("version", [253, 257])
def test_new_systemd_waits_for_the_reload(version: int) -> None:
    text = lines(systemd_version=version)
    assert "Type=notify-reload" in text
    assert not [line for line in text if line.startswith("ExecReload")]


def test_user_is_made_unless_one_is_given() -> None:
    assert "DynamicUser=yes" in lines()
    named = lines(user="pi")
    assert "User=pi" in named
    assert "DynamicUser=yes" not in named


def test_credentials_are_loaded_as_they_are_stored() -> None:
    stored = {
        "payload": Path("/etc/credstore/cams.payload"),
        "gate": Path("/etc/credstore.encrypted/cams.gate"),
    }
    text = lines(credentials=stored)
    assert "LoadCredential=payload:/etc/credstore/cams.payload" in text
    assert "LoadCredentialEncrypted=gate:/etc/credstore.encrypted/cams.gate" in text
    assert not [line for line in lines() if line.startswith("LoadCredential")]


def test_homes_are_seen_only_if_they_are_needed() -> None:
    assert "ProtectHome=yes" in lines()
    assert "ProtectHome=read-only" in lines(sees_homes=True)


def test_command_is_written_as_systemd_reads_it() -> None:
    [command] = [
        line.removeprefix("ExecStart=")
        for line in lines(config=Path('/etc/my "100%" $cams.toml'))
        if line.startswith("ExecStart=")
    ]
    words = shlex.split(command.replace("$$", "$").replace("%%", "%"), posix=True)
    assert command.count("%%") == command.count("$$") == 1
    assert words == [
        *("/opt/x/bin/spot-webcam", "serve", "--config", '/etc/my "100%" $cams.toml'),
        *("--log-format", "journal"),
    ]


def test_names_of_folders_are_those_of_the_unit() -> None:
    text = lines()
    assert "RuntimeDirectory=cams" in text
    assert "Environment=TMPDIR=%t/cams" in text
