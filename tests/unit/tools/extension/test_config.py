import gzip
import json
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from spot_webcam.app.cli.command_line import CouldNotRun, Misused
from spot_webcam.app.cli.main import main
from spot_webcam.app.config.model import ConfigurationFile, Table, tables
from spot_webcam.tools.extension import start
from spot_webcam.tools.extension.archive import new_file
from spot_webcam.tools.extension.settings import DEFAULT_SETTINGS, FILE_KEYS, packed_settings


@pytest.fixture(autouse=True)
def epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings with a page, whose password is in a file of its own."""
    file = tmp_path / "mine.toml"
    file.write_text(
        f'{DEFAULT_SETTINGS}[http]\nlisten = "0.0.0.0:21080"\npassword_file = "page-password"\n'
    )
    password = tmp_path / "page-password"
    password.write_text("correct horse\n")
    password.chmod(0o600)
    return file


def test_settings_are_packed_with_the_files_that_they_name(settings: Path, tmp_path: Path) -> None:
    output = tmp_path / "settings.spx"
    assert main(["extension", "config", str(settings), "--output", str(output)]) == 0
    with tarfile.open(output) as archive:
        names = archive.getnames()
        manifest = json.load(archive.extractfile("manifest.json") or pytest.fail("no manifest"))
        packed = archive.extractfile("spot-webcam.toml") or pytest.fail("no settings")
        assert packed.read() == settings.read_bytes()
        assert {member.mtime for member in archive} == {1700000000}
    assert output.stat().st_mode & 0o777 == 0o600  # it holds a password
    assert names == ["manifest.json", "icon.png", "spot-webcam.toml", "page-password"]
    assert manifest["extension_name"] == "spot_webcam_config"
    assert manifest["date"] == "2023-11-14T22:13:20Z"
    assert manifest["icon"] == "icon.png"


def test_settings_are_for_their_maker_alone(tmp_path: Path) -> None:
    # The password is in the address.
    file, output = tmp_path / "mine.toml", tmp_path / "settings.spx"
    camera = '[[cameras]]\ndevice = "rtsp://viewer:correct-horse@192.168.50.20/front"\n'
    file.write_text(DEFAULT_SETTINGS + camera)
    assert main(["extension", "config", str(file), "--output", str(output)]) == 0
    assert output.stat().st_mode & 0o777 == 0o600


def test_an_extension_is_the_same_when_made_twice(settings: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.spx", tmp_path / "second.spx"
    for output in (first, second):
        assert main(["extension", "config", str(settings), "--output", str(output)]) == 0
        os.utime(settings, (1, 1))
    assert first.read_bytes() == second.read_bytes()
    assert gzip.decompress(first.read_bytes())


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        ('hostname = "192.168.50.3"', "", "no hostname in [robot]"),
        ('host_ip = "192.168.50.5"', "", "no host_ip in [robot]"),
        ("port = 21000", "port = 21001", "set port = 21000 in [service]"),
        ('[credentials]\nfile = "$CRED', '[credentials]\nfile = "$X', "does not exist"),
        ("\n[http]\n", '\n[log]\nformat = "journal"\n[http]\n', "no journald"),
        ("0.0.0.0:21080", "0.0.0.0:8080", 'set listen = "0.0.0.0:21080" in [http]'),
        ("0.0.0.0:21080", "127.0.0.1:21080", "the page is not published"),
        ('"page-password"', '"manifest.json"', "http.password_file = 'manifest.json'"),
        ('"page-password"', '"../page-password"', "http.password_file = '../page-password'"),
    ],
)
def test_settings_that_do_not_fit_a_container_are_refused(
    settings: Path, wrong: str, right: str, message: str
) -> None:
    text, password = settings.read_text(), settings.with_name("page-password")
    assert wrong in text
    if ".." in right:
        settings = settings.parent / "below" / settings.name
        settings.parent.mkdir()
    settings.write_text(text.replace(wrong, right))
    shutil.copy(password, settings.with_name("manifest.json"))
    with pytest.raises(Misused) as raised:
        packed_settings(settings)
    assert message in str(raised.value)


def test_credentials_that_are_not_mounted_are_refused(settings: Path) -> None:
    own = settings.with_name("credentials")
    own.write_text("guid\nsecret\n")
    text = settings.read_text()
    settings.write_text(text.replace("$CREDENTIALS_DIRECTORY/payload_guid_and_secret", own.name))
    with pytest.raises(Misused, match="the credentials are not mounted"):
        packed_settings(settings)


def test_the_default_settings_fit(tmp_path: Path) -> None:
    file = tmp_path / "default.toml"
    file.write_text(DEFAULT_SETTINGS)
    assert packed_settings(file) == packed_settings(None)


def test_each_key_of_a_file_is_packed() -> None:
    named = {
        name.strip("[]"): tuple(
            key for key, field in model.model_fields.items() if _is_file(model, key, field)
        )
        for name, model in tables()
    }
    named.pop("credentials")  # mounted, not packed
    assert {name: keys for name, keys in named.items() if keys} == FILE_KEYS
    assert set(FILE_KEYS) <= set(ConfigurationFile.model_fields)


def _is_file(model: type[Table], key: str, field: object) -> bool:
    allowed = model.model_fields[key].json_schema_extra
    assert isinstance(allowed, dict)
    return " PEM file" in str(allowed["x-allowed"]) or "a path, abs" in str(allowed["x-allowed"])


@pytest.mark.parametrize("output", ["missing/x.spx", "folder.spx"])
def test_what_cannot_be_written_is_one_line(
    settings: Path, tmp_path: Path, output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder.spx").mkdir()
    before = sorted(tmp_path.iterdir())
    assert main(["extension", "config", str(settings), "--output", str(tmp_path / output)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_file_that_is_read_is_not_said_to_be_the_output(tmp_path: Path) -> None:
    wheel = tmp_path / "below" / "x.whl"
    with (
        pytest.raises(CouldNotRun, match=rf"{wheel} cannot be read or written: No such file"),
        new_file(tmp_path / "x.spx"),
    ):
        wheel.read_bytes()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("epoch", ["yesterday", "-1", "1.5", "٣", 5000 * "9"])
def test_a_wrong_epoch_is_refused(
    settings: Path, epoch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert main(["extension", "config", str(settings), "--output", "x.spx"]) == 2


class Executed(Exception):
    """Instead of another program."""


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    words: list[str] = []

    def execv(_program: str, command: list[str]) -> None:
        words.extend(command[1:])
        raise Executed

    monkeypatch.setattr(os, "execv", execv)
    return words


def test_the_first_folder_with_settings_counts(tmp_path: Path, executed: list[str]) -> None:
    first, second = tmp_path / "config", tmp_path / "extension"
    second.mkdir()
    (second / "spot-webcam.toml").write_text(DEFAULT_SETTINGS)
    command = ["extension", "start", str(first), str(second)]
    with pytest.raises(Executed):
        main(command)
    assert executed[-3:] == ["serve", "--config", str(second / "spot-webcam.toml")]
    first.mkdir()
    (first / "spot-webcam.toml").write_text(DEFAULT_SETTINGS)
    with pytest.raises(Executed):
        main(command)
    assert executed[-1] == str(first / "spot-webcam.toml")


def test_start_without_settings_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(CouldNotRun, match="install the extension again"):
        start.configuration_in([tmp_path])


def test_settings_that_may_not_be_read_are_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    loop = tmp_path / "spot-webcam.toml"
    loop.symlink_to(loop)
    with pytest.raises(CouldNotRun, match="cannot be read"):
        start.configuration_in([tmp_path])
