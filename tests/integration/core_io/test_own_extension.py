"""The extension that `spot-webcam extension build` makes, on the fake CORE I/O and a fake robot.

It takes an extension that was built before: SPOT_WEBCAM_EXTENSION=FILE.spx. One for arm64 runs
under qemu-user-static on another computer; some pictures come too late there.
"""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.app.cli.main import main
from spot_webcam.fakes.core_io import CoreIoError, ExtensionState, FakeCoreIo
from spot_webcam.fakes.core_io.image import read_images
from spot_webcam.fakes.core_io.isolation import find_isolation
from spot_webcam.fakes.robot.state.changes import Changes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
NAME = "spot_webcam"
GUID, SECRET = "fake-payload", "fake-secret"
# For a start under emulation on a busy computer.
START_S = 300.0
# What needs several pictures in time.
LATE_WHEN_EMULATED = {
    *(
        "listed formats",
        "resizing",
        "fallback",
        "clients at once",
        "many requests",
        "bad among good",
    ),
    *("times", "times by format", "raw and jpeg", "whole picture", "quality", "order", "details"),
}
SETTINGS = """\
[robot]
hostname = "127.0.0.1"
port = {port}
ca_file = "robot-ca.pem"
host_ip = "127.0.0.1"

[credentials]
file = "$CREDENTIALS_DIRECTORY/payload_guid_and_secret"

[service]
port = 21000

[[cameras]]
device = "synthetic:"
name = "front"
"""


@dataclass(frozen=True)
class Robot:
    port: int
    control_port: int
    ca_file: Path

    def ctl(self, *words: str) -> Any:
        """Ask a fake robot that is another process."""
        order = ("fake-robot", "ctl", "--control-port", str(self.control_port), "--json", *words)
        done = subprocess.run(
            [sys.executable, "-m", "spot_webcam", *order],
            capture_output=True,
            check=True,
            timeout=60,
        )
        return json.loads(done.stdout)


def architecture_of(extension: Path) -> str:
    with tarfile.open(extension) as tar, tempfile.TemporaryDirectory() as folder:
        tar.extract("spot-webcam.tar.gz", folder)
        [image] = read_images(Path(folder) / "spot-webcam.tar.gz").values()
    return image.architecture


@pytest.fixture
def extension() -> Path:
    given = os.environ.get("SPOT_WEBCAM_EXTENSION")
    if not given:
        pytest.skip("SPOT_WEBCAM_EXTENSION names no file of spot-webcam extension build")
    try:
        find_isolation(architecture_of(Path(given)))
    except CoreIoError as error:
        pytest.skip(str(error))
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", 21000)) == 0:
            pytest.skip("another program listens on port 21000, which the extension uses")
    return Path(given)


@pytest.fixture
def robot(tmp_path: Path) -> Iterator[Robot]:
    ports = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
    found = Robot(*ports, tmp_path / "robot-ca.pem")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "spot_webcam", "fake-robot", "--ca-file", str(found.ca_file)),
            *("--port", str(found.port), "--control-port", str(found.control_port)),
            *("--guid", GUID, "--secret", SECRET),
        ],
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert b"fake robot at" in process.stdout.readline()
        yield found
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def upgraded(extension: Path, version: str, folder: Path) -> Path:
    """Return the extension with a higher version, and other settings shipped."""
    file = folder / f"{version}.spx"
    with tarfile.open(extension) as old, tarfile.open(file, "w:gz", compresslevel=1) as new:
        for member in old:
            content = old.extractfile(member)
            assert content is not None
            data = content.read()
            if member.name == "manifest.json":
                data = json.dumps(json.loads(data) | {"version": version}).encode()
            if member.name == "spot-webcam.toml":
                data = b"# Settings of the new version.\n"
            member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    return file


def until(core_io: FakeCoreIo, predicate: Any) -> None:
    assert Changes().wait_for(predicate, START_S), core_io.log(NAME)


def services(robot: Robot) -> list[str]:
    return [one["name"] for one in robot.ctl("services")]


@pytest.fixture
def failed_checks(
    extension: Path, robot: Robot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], set[str]]:
    """Check the service through the robot, and return the checks that failed."""
    monkeypatch.setenv("BOSDYN_CLIENT_USERNAME", "user")
    monkeypatch.setenv("BOSDYN_CLIENT_PASSWORD", "password")
    ca_flags = ("--robot-port", str(robot.port), "--robot-ca", str(robot.ca_file))
    is_emulated = bool(find_isolation(architecture_of(extension)).binfmt)
    report = tmp_path / "check.json"

    def run() -> set[str]:
        main(["check", "127.0.0.1", *ca_flags, "--quick", "--json", str(report)])
        lines = json.loads(report.read_text())["lines"]
        verdicts = {line["check"]: line["verdict"] for line in lines}
        assert {verdicts["registered"], verdicts["a picture"], verdicts["liveness"]} == {"pass"}
        failed = {line["check"] for line in lines if line["verdict"] == "fail"}
        return failed - LATE_WHEN_EMULATED if is_emulated else failed

    return run


def test_extension_runs_survives_and_keeps_its_settings(
    extension: Path, robot: Robot, failed_checks: Callable[[], set[str]], tmp_path: Path
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(SETTINGS.format(port=robot.port))
    packed = tmp_path / "settings.spx"
    assert main(["extension", "config", str(settings), "--output", str(packed)]) == 0
    with FakeCoreIo(tmp_path / "core-io") as core_io:
        core_io.set_credentials(GUID, SECRET)
        core_io.install(packed)
        core_io.install(extension)
        assert core_io.extensions() == [NAME, f"{NAME}_config"]
        until(core_io, lambda: "registered" in core_io.log(NAME))
        assert core_io.state(NAME) is ExtensionState.RUNNING
        assert "web-cam-service" in services(robot)
        assert failed_checks() == set()

        [container] = core_io.containers(NAME)
        assert container.pid is not None
        os.kill(container.pid, signal.SIGKILL)
        until(core_io, lambda: core_io.log(NAME).count(" registered") == 2)
        assert container.restarts == 1
        assert failed_checks() == set()

        own = core_io.folder(NAME) / "spot-webcam.toml"
        own.write_text("# Changed by an operator.\n")
        for number, file in enumerate([upgraded(extension, "99.0.0", tmp_path), extension]):
            core_io.install(file)
            assert own.read_text() == "# Changed by an operator.\n"
            until(core_io, lambda: core_io.log(NAME).count(" registered") == 3 + number)  # noqa: B023
            assert failed_checks() == set()
        core_io.remove(NAME)
        assert "web-cam-service" not in services(robot)
