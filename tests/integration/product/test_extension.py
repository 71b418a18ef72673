"""Extensions as users make them: the packages are real, and come from the network."""

import gzip
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from spot_webcam import __version__
from spot_webcam.app.cli.main import main

VARIABLE = "SPOT_WEBCAM_BUILD_EXTENSION"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        not os.environ.get(VARIABLE),
        reason=f"downloads 250 MB and takes minutes: set {VARIABLE}=1",
    ),
]


@pytest.fixture(autouse=True)
def epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_an_extension_is_well_formed_and_the_same_offline(
    architecture: str, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.spx", tmp_path / "second.spx"
    command = ["extension", "build", "--arch", architecture, "--output"]
    assert main([*command, str(first)]) == 0
    assert main([*command, str(second), "--offline"]) == 0
    assert first.read_bytes() == second.read_bytes()
    assert main(["extension", "lint", "--arch", architecture, str(first)]) == 0


def test_its_root_file_system_runs(tmp_path: Path) -> None:
    if shutil.which("unshare") is None or os.uname().machine != "x86_64":
        pytest.skip("needs unshare of util-linux, and an amd64 computer")
    extension, root = tmp_path / "x.spx", tmp_path / "root"
    assert main(["extension", "build", "--arch", "amd64", "--output", str(extension)]) == 0
    unpack(extension, root)
    ended = subprocess.run(
        [  # noqa: S607 - wherever it is
            "unshare",
            "--user",
            "--map-root-user",
            "chroot",
            root,
            "/usr/local/bin/spot-webcam",
            "--version",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if "unshare:" in ended.stderr:
        pytest.skip(f"no user namespaces here: {ended.stderr}")
    assert (ended.returncode, ended.stdout) == (0, f"spot-webcam {__version__}\n"), ended.stderr


def unpack(extension: Path, root: Path) -> None:
    """Unpack the layers of the image, as Docker does."""
    with tarfile.open(extension) as outer:
        packed = outer.extractfile("spot-webcam.tar.gz")
        assert packed is not None
        with tarfile.open(fileobj=gzip.GzipFile(fileobj=packed)) as image:
            listed = image.extractfile("manifest.json")
            assert listed is not None
            for name in json.load(listed)[0]["Layers"]:
                with tarfile.open(fileobj=image.extractfile(name)) as layer:
                    layer.extractall(root)  # noqa: S202 - ours
