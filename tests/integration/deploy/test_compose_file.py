"""compose.yaml has what a CORE I/O needs, and agrees with the image and the daemon."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from spot_webcam.app.cli.main import main

ROOT = Path(__file__).parents[3]
FILE = ROOT / "compose.yaml"


@pytest.fixture(scope="module")
def service() -> dict[str, Any]:
    """The service of the file."""
    [service] = yaml.safe_load(FILE.read_text())["services"].values()
    assert isinstance(service, dict)
    return service


def flags_of(service: dict[str, Any]) -> dict[str, str]:
    words = (word.partition("=") for word in service["command"])
    return {flag: value for flag, _, value in words if flag.startswith("--")}


def test_ports_are_the_daemons_and_those_that_the_robot_forwards(service: dict[str, Any]) -> None:
    flags = flags_of(service)
    page = flags["--http"].rpartition(":")[2]
    assert service["network_mode"] == "bridge"
    assert service["ports"] == [f"{port}:{port}" for port in (flags["--port"], page)]
    assert all(21000 <= int(port) <= 22000 for port in (flags["--port"], page))
    assert flags["--host-ip"] == "192.168.50.5"
    exposed = re.search(r"^EXPOSE (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert exposed
    assert exposed[1].split() == [flags["--port"], page]


def test_cameras_can_be_plugged_in_again(service: dict[str, Any]) -> None:
    assert "devices" not in service
    assert {"/dev:/dev", "/run/udev:/run/udev:ro"} <= set(service["volumes"])
    assert service["device_cgroup_rules"] == ["c 81:* rmw"]
    assert service["group_add"] == ["video"]


def test_files_that_the_daemon_reads_are_mounted(service: dict[str, Any]) -> None:
    mounted = {volume.split(":")[1]: volume for volume in service["volumes"]}
    flags = flags_of(service)
    credentials = mounted[flags["--payload-credentials-file"]]
    assert credentials.startswith("/opt/payload_credentials/payload_guid_and_secret:")
    assert credentials.endswith(":ro")
    assert mounted[flags["--http-password-file"]].endswith(":ro")


def test_nothing_of_the_robots_suffers(service: dict[str, Any]) -> None:
    assert service["restart"] == "unless-stopped"
    assert service["oom_score_adj"] == 1000
    assert service["deploy"]["resources"]["limits"]["memory"] == "1g"
    assert service["cap_drop"] == ["ALL"]
    assert "privileged" not in service


def test_the_daemon_takes_its_command(
    service: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # The last flag that is checked is that of a file that is there in the container only.
    words = [word.replace("/run/credentials", str(tmp_path)) for word in service["command"]]
    assert main(["serve", *words]) == 2
    assert "--payload-credentials-file" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="there is no docker-compose")
def test_docker_compose_reads_it() -> None:
    command = ["docker-compose", "-f", str(FILE), "config", "--quiet"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
