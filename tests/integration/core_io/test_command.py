"""`spot-webcam fake-core-io` with extensions of static files, and one that runs."""

from __future__ import annotations

import argparse
import fcntl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from spot_webcam.app.cli.main import main
from spot_webcam.fakes.core_io import CoreIoError
from spot_webcam.fakes.core_io.isolation import find_isolation
from spot_webcam.tools import fake_core_io
from tests.extension_archives import Spx, image_archive
from tests.integration.core_io.conftest import ARCHITECTURE
from tests.timing import PATIENCE_S

Output = pytest.CaptureFixture[str]


@pytest.fixture
def static(tmp_path: Path) -> Callable[[str], str]:
    """Write an extension of static files."""

    def write(version: str) -> str:
        spx = Spx()
        spx.compose = None
        del spx.manifest["images"]
        spx.manifest["version"] = version
        file = tmp_path / f"{version}.spx"
        file.write_bytes(spx.packed())
        return str(file)

    return write


class UntilShown(threading.Event):
    """Ctrl-C as soon as a text is shown, or after some time."""

    def __init__(self, text: str, capsys: Output) -> None:
        super().__init__()
        self.out = ""
        self._text = text
        self._capsys = capsys
        self._end_s = time.monotonic() + PATIENCE_S

    def wait(self, timeout: float | None = None) -> bool:
        self.out += self._capsys.readouterr().out
        if self._text in self.out or time.monotonic() > self._end_s:
            self.set()
        return super().wait(timeout)


def shown(text: str, capsys: Output, *words: str) -> str:
    """Run the command until it shows a text; return all that it shows."""
    parser = argparse.ArgumentParser()
    fake_core_io.add_arguments(parser)
    until = UntilShown(text, capsys)
    assert fake_core_io.run(parser.parse_args(words), until) == 0
    return until.out + capsys.readouterr().out


def test_extension_stays_in_the_folder_and_is_upgraded(
    static: Callable[[str], str], tmp_path: Path, capsys: Output
) -> None:
    folder = str(tmp_path / "computer")
    out = shown("app is running", capsys, "--folder", folder, static("1.0.0"))
    assert out.startswith("installed app 1.0.0 in ")
    assert "started app 1.0.0" in shown("app is running", capsys, "--folder", folder)
    out = shown("app is running", capsys, "--folder", folder, static("1.1.0"))
    assert out.startswith("installed app 1.1.0 in ")
    credentials = tmp_path / "computer/opt/payload_credentials/payload_guid_and_secret"
    assert credentials.read_text() == "fake-payload\nfake-secret\n"


def test_output_of_containers_is_shown(tmp_path: Path, capsys: Output) -> None:
    try:
        find_isolation(ARCHITECTURE)
    except CoreIoError as error:
        pytest.skip(str(error))
    spx = Spx()
    spx.service.update(command="gone", volumes=[], restart="no")
    spx.files["app.tar.gz"] = image_archive(architecture=ARCHITECTURE)
    file = tmp_path / "gone.spx"
    file.write_bytes(spx.packed())
    out = shown("cannot be started", capsys, str(file))
    assert "app-app: the container cannot be started: " in out


def test_what_cannot_run_is_one_line(
    static: Callable[[str], str], tmp_path: Path, capsys: Output
) -> None:
    folder = tmp_path / "computer"
    assert main(["fake-core-io"]) == 2
    assert "nothing is installed" in capsys.readouterr().err
    assert main(["fake-core-io", str(tmp_path / "gone.spx")]) == 1
    assert "gone.spx cannot be unpacked" in capsys.readouterr().err
    assert main(["fake-core-io", "--folder", "/dev/null/x"]) == 1
    assert "choose another" in capsys.readouterr().err
    folder.mkdir()
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert main(["fake-core-io", "--folder", str(folder), static("1.0.0")]) == 1
    assert "is used by another fake CORE I/O" in capsys.readouterr().err
