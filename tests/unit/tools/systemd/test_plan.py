"""What the service needs, and what is said where it cannot have it."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path

import pytest

from spot_webcam.app.cli.command_line import CouldNotRun, Misused
from spot_webcam.tools.systemd.host import Ended
from tests.unit.tools.systemd.conftest import CONFIG, CREDENTIAL, Computer


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_printed_unit_changes_nothing(
    make_computer: Callable[..., Computer], capsys: pytest.CaptureFixture[str]
) -> None:
    computer = make_computer(is_root=False)
    # As the folder is to everybody but root.
    computer.at("/etc/credstore/spot-webcam.payload").unlink()
    computer.install("--print")
    unit = printed(capsys)
    assert "LoadCredential=payload:/etc/credstore/spot-webcam.payload" in unit
    config = computer.at("/etc/spot-webcam.toml")
    command = f"/opt/spot-webcam/bin/spot-webcam serve --config {config} --log-format journal"
    assert f"ExecStart={command}" in unit
    assert list(computer.units.iterdir()) == []
    assert computer.ran == ["systemctl --version"]


def test_type_follows_the_version(computer: Computer, capsys: pytest.CaptureFixture[str]) -> None:
    computer.answers["systemctl --version"] = Ended(0, "systemd 257 (257.7-1)\n+PAM")
    computer.install("--print")
    assert "Type=notify-reload" in printed(capsys)
    computer.answers["systemctl --version"] = Ended(1, "what?")
    computer.install("--print")
    assert "Type=notify" in printed(capsys)


def test_encrypted_credential_is_preferred(
    computer: Computer, capsys: pytest.CaptureFixture[str]
) -> None:
    computer.write("/etc/credstore.encrypted/cams.payload", "")
    computer.write("/etc/credstore/cams.payload", "")
    computer.install("--print", "--name", "cams.service")
    file = "/etc/credstore.encrypted/cams.payload"
    assert f"LoadCredentialEncrypted=payload:{file}" in printed(capsys)


def test_missing_credential_is_named_with_the_command(computer: Computer) -> None:
    text = (
        "there is no /etc/credstore/cams.payload: copy the secret to it"
        r" \(sudo install -D -m 600 FILE /etc/credstore/cams.payload\)"
    )
    with pytest.raises(CouldNotRun, match=text):
        computer.install("--name", "cams")


def test_missing_configuration_is_named(computer: Computer) -> None:
    computer.at("/etc/spot-webcam.toml").unlink()
    with pytest.raises(Misused, match=r"there is no .*spot-webcam.toml: write it"):
        computer.install()
    with pytest.raises(Misused, match=r"other.toml: does not exist"):
        computer.install("--config", str(computer.at("/etc/other.toml")))


def test_configuration_with_errors_is_refused(computer: Computer) -> None:
    computer.write("/etc/spot-webcam.toml", "[robot]\nhostnam = 1")
    with pytest.raises(Misused, match="did you mean hostname"):
        computer.install("--print")


@pytest.mark.parametrize("name", ["a b", "../payload", ""])
def test_credential_that_systemd_would_not_load_is_refused(computer: Computer, name: str) -> None:
    computer.write("/etc/spot-webcam.toml", CONFIG + CREDENTIAL.replace("payload", name))
    with pytest.raises(Misused, match="invalid credential"):
        computer.install("--print")


def test_secret_that_only_root_reads_becomes_a_credential(computer: Computer) -> None:
    secret = computer.write("/opt/login", "guid\nsecret\n", 0o600)
    computer.write("/etc/spot-webcam.toml", f'{CONFIG}[credentials]\nfile = "{secret}"\n')
    with pytest.raises(Misused, match=r"CREDENTIALS_DIRECTORY/payload.*credstore/spot-webcam"):
        computer.install("--print")
    computer.install("--print", "--user", getpass.getuser())
    secret.chmod(0o644)
    computer.install("--print")
    secret.parent.chmod(0o700)
    with pytest.raises(Misused, match="cannot be read by the service"):
        computer.install("--print")


def test_configuration_that_only_root_reads_is_refused(computer: Computer) -> None:
    computer.at("/etc/spot-webcam.toml").chmod(0o600)
    with pytest.raises(Misused, match=r"spot-webcam.toml cannot be read .* chmod o\+r"):
        computer.install("--print")


@pytest.mark.parametrize("name", ["a\nExecStartPre=x", "a\rb", "a\x7f", "\udcff"])
def test_name_that_would_add_to_the_unit_is_refused(computer: Computer, name: str) -> None:
    config = computer.write(f"/etc/{name}.toml", CONFIG)
    with pytest.raises(Misused, match="has characters that a unit cannot have") as raised:
        computer.install("--print", "--config", str(config))
    assert str(raised.value).isprintable()


def test_place_is_the_one_that_links_lead_to(
    make_computer: Callable[..., Computer], capsys: pytest.CaptureFixture[str]
) -> None:
    computer = make_computer(folders=[])
    link = computer.at("/etc/link.toml")
    link.symlink_to(computer.write("/home/me/cams.toml", CONFIG))
    for config in (link, computer.at("/etc") / "../home/me/cams.toml"):
        with pytest.raises(Misused, match=r"cams.toml is in a user's folder"):
            computer.install("--print", "--config", str(config))
    computer.install("--print", "--config", str(link), "--user", getpass.getuser())
    assert "ProtectHome=read-only" in printed(capsys)


def test_folders_of_users_need_a_user(
    make_computer: Callable[..., Computer], capsys: pytest.CaptureFixture[str]
) -> None:
    computer = make_computer(folders=[])
    config = computer.write("/home/me/cams.toml", CONFIG)
    with pytest.raises(Misused, match=r"cams.toml is in a user's folder.* or give --user"):
        computer.install("--print", "--config", str(config))
    computer.install("--print", "--config", str(config), "--user", getpass.getuser())
    assert "ProtectHome=read-only" in printed(capsys)


@pytest.mark.parametrize("folder", ["tmp/venv", "var/tmp/venv"])
def test_temporary_folders_are_not_those_of_the_service(
    make_computer: Callable[..., Computer], tmp_path: Path, folder: str
) -> None:
    computer = make_computer(folders=[tmp_path / folder])
    with pytest.raises(Misused, match="is in a temporary folder"):
        computer.install("--print", "--user", getpass.getuser())


def test_unknown_user_is_refused(computer: Computer) -> None:
    with pytest.raises(Misused, match="there is no user 'nobody-of-this-name'"):
        computer.install("--user", "nobody-of-this-name")


@pytest.mark.parametrize("name", ["", "9", "a b", "../x", "a.b", "a@b", 32 * "x"])
def test_bad_name_is_misuse(
    computer: Computer, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        computer.install(f"--name={name}")
    assert ended.value.code == 2
    assert "invalid name" in capsys.readouterr().err
