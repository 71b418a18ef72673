"""The build with tiny packages: real ones take minutes and the network."""

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import spot_webcam
from spot_webcam.app.cli.main import main
from spot_webcam.tools.extension import builder, layers
from spot_webcam.tools.extension.debian import Package
from spot_webcam.tools.extension.sbom import Component
from spot_webcam.tools.extension.wheels import Wheel

OWN = f"spot_webcam-{spot_webcam.__version__}-py3-none-any.whl"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A package and two wheels instead of what apt and pip get."""
    deb = _tar({"./usr/bin/python3.11": b"elf", "./usr/share/man/man1/x": b"", "./lib/l.so": b""})
    (tmp_path / "python.deb").write_bytes(deb)
    numpy = _wheel(tmp_path / "numpy-2.4.6-cp311.whl", ["numpy/a.py", "numpy/tests/t.py", "n.pyi"])
    own = _wheel(
        tmp_path / OWN, ["spot_webcam/__init__.py", "x.data/purelib/y.py", "x.data/data/z"]
    )
    package = Package(tmp_path / "python.deb", Component("deb/debian", "python3.11", "3", "ab"))

    class Apt:
        def __init__(self, *_: object) -> None: ...

        def packages(self, **_: bool) -> list[Package]:
            return [package]

    class Pip:
        def __init__(self, *_: object) -> None: ...

        def wheels(self, **_: bool) -> list[Wheel]:
            return [Wheel(numpy, Component("pypi", "numpy", "2.4.6", "cd"))]

        @contextmanager
        def own_wheel(self, _given: Path | None, **_: bool) -> Iterator[Wheel]:
            yield Wheel(own, Component("pypi", "spot-webcam", "0", "ef"))

    def unpacked(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(command, 0, Path(command[-1]).read_bytes())

    monkeypatch.setattr(builder, "Apt", Apt)
    monkeypatch.setattr(builder, "Pip", Pip)
    monkeypatch.setattr(layers.subprocess, "run", unpacked)


def _tar(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def _wheel(file: Path, names: list[str]) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, b"content")
    return file


def build(output: Path, *options: str) -> int:
    return main(["extension", "build", "--arch", "arm64", "--output", str(output), *options])


def read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file is not None
    return file.read()


def members(layer: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        return {member.name: member for member in archive}


class Opened:
    """What an extension holds."""

    def __init__(self, file: Path):
        with tarfile.open(file) as archive:
            self.names = archive.getnames()
            self.manifest: dict[str, Any] = json.loads(read(archive, "manifest.json"))
            self.compose = read(archive, "docker-compose.yml").decode()
            self.settings = read(archive, "spot-webcam.toml").decode()
            image = gzip.decompress(read(archive, self.manifest["images"][0]))
        with tarfile.open(fileobj=io.BytesIO(image)) as archive:
            [self.listed] = json.loads(read(archive, "manifest.json"))
            self.config_bytes = read(archive, self.listed["Config"])
            self.layers = [read(archive, name) for name in self.listed["Layers"]]
        self.config: dict[str, Any] = json.loads(self.config_bytes)


@pytest.mark.usefixtures("parts")
def test_an_extension_names_all_that_it_holds(tmp_path: Path) -> None:
    assert build(tmp_path / "out.spx") == 0
    found = Opened(tmp_path / "out.spx")
    assert found.manifest == {
        "extension_name": "spot_webcam",
        "version": spot_webcam.__version__,
        "description": "USB and network cameras as an image service of the robot",
        "date": "2023-11-14T22:13:20Z",
        "icon": "icon.png",
        "installation_target": "spot",
        "images": ["spot-webcam.tar.gz"],
        "udev_rules": "70-spot-webcam.rules",
        "files_to_save": ["spot-webcam.toml"],
    }
    named = ["icon.png", "70-spot-webcam.rules", "spot-webcam.toml", "spot-webcam.tar.gz"]
    assert sorted(found.names) == sorted(["manifest.json", "docker-compose.yml", *named])
    assert f"image: {found.listed['RepoTags'][0]}\n" in found.compose
    assert 'host_ip = "192.168.50.5"' in found.settings


@pytest.mark.usefixtures("parts")
def test_the_image_is_what_docker_save_writes(tmp_path: Path) -> None:
    build(tmp_path / "out.spx", "--user", "0", "--memory", "512M")
    found = Opened(tmp_path / "out.spx")
    assert found.listed["Config"] == f"{hashlib.sha256(found.config_bytes).hexdigest()}.json"
    digests = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in found.layers]
    assert found.config["rootfs"] == {"type": "layers", "diff_ids": digests}
    assert (found.config["architecture"], found.config["os"]) == ("arm64", "linux")
    assert found.config["config"]["User"] == "0"
    assert found.config["config"]["Cmd"] == ["extension", "start"]
    assert 'user: "0"' in found.compose
    assert "memory: 512M" in found.compose


@pytest.mark.usefixtures("parts")
def test_the_root_file_system_has_what_runs_and_no_more(tmp_path: Path) -> None:
    build(tmp_path / "out.spx")
    base, wheels, own = map(members, Opened(tmp_path / "out.spx").layers)
    packages = "usr/local/lib/python3.11/dist-packages"
    assert {"usr/bin/python3.11", "usr/lib/l.so", "etc/passwd", "tmp", "config"} <= set(base)
    assert not [name for name in base if name.startswith("usr/share/man")]
    assert base["usr/bin/python3"].linkname == "python3.11"
    assert base["home/spot-webcam"].uid == 999
    files = {name for name, member in (wheels | own).items() if member.isfile()}
    assert files == {
        f"{packages}/numpy/a.py",
        f"{packages}/spot_webcam/__init__.py",
        f"{packages}/y.py",
        "usr/local/bin/spot-webcam",
        "usr/share/spot-webcam/sbom.cdx.json",
    }
    assert own["usr/local/bin/spot-webcam"].mode == 0o755


@pytest.mark.usefixtures("parts")
def test_a_build_is_the_same_when_made_twice(tmp_path: Path) -> None:
    first, second = tmp_path / "first.spx", tmp_path / "second.spx"
    assert build(first) == build(second) == 0
    assert first.read_bytes() == second.read_bytes()
    beside = first.with_suffix(".cdx.json")
    assert beside.read_bytes() == second.with_suffix(".cdx.json").read_bytes()
    assert [one["name"] for one in json.loads(beside.read_bytes())["components"]] == [
        "python3.11",
        "numpy",
    ]


@pytest.mark.usefixtures("parts")
def test_settings_are_packed_and_kept_over_an_upgrade(tmp_path: Path) -> None:
    text = builder.packed_settings(None)["spot-webcam.toml"].decode()
    (tmp_path / "mine.toml").write_text(f'{text}[[cameras]]\ndevice = "/dev/video0"\n')
    build(tmp_path / "out.spx", "--config", str(tmp_path / "mine.toml"))
    found = Opened(tmp_path / "out.spx")
    assert found.settings.endswith('device = "/dev/video0"\n')
    assert found.manifest["files_to_save"] == ["spot-webcam.toml"]


@pytest.mark.usefixtures("parts")
def test_what_a_killed_build_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "cache" / "spot-webcam" / "extension" / "build-killed"
    left.mkdir(parents=True)
    build(tmp_path / "out.spx")
    assert [file.name for file in left.parent.iterdir()] == ["lock"]


@pytest.mark.usefixtures("parts")
def test_nothing_is_left_of_a_build_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        layers.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 2, b"")
    )
    output = tmp_path / "out"
    output.mkdir()
    assert build(output / "out.spx") == 1
    assert "python.deb is damaged" in capsys.readouterr().err
    assert not [*output.iterdir()]
    left = {file.name for file in (tmp_path / "cache").rglob("*") if not file.is_dir()}
    assert left == {"lock"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--user", "me"), "invalid user '...': expected a number"),
        (("--memory", "much"), "invalid memory '...': expected a size"),
        (("--output", "out.zip"), "invalid file '...': expected NAME.spx"),
        (("--arch", "riscv"), "invalid choice"),
    ],
)
def test_wrong_options_are_one_line(
    options: tuple[str, str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    with pytest.raises(SystemExit):
        build(tmp_path / "out.spx", *options)
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1


def test_user_without_a_home_needs_a_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")

    def home() -> Path:  # as for a number that is in no /etc/passwd
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", home)
    command = ["extension", "build", "--arch", "amd64", "--output", str(tmp_path / "x.spx")]
    assert main(command) == 1
    assert "set XDG_CACHE_HOME" in capsys.readouterr().err
