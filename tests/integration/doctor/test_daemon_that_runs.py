"""The doctor beside a daemon that runs: nothing is opened twice, its faults are found."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.fakes.robot import FakeRobot
from tests.integration.daemon.web import write_certificate
from tests.integration.doctor.conftest import Doctor, outcome
from tests.timing import PATIENCE_S


@pytest.fixture
def port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_daemon_that_runs_is_examined_from_outside(
    doctor: Doctor, command: Any, flags: list[str], port: str, robot: FakeRobot
) -> None:
    words = ("--port", port, "--device-name", "dark=synthetic:?script=black@0s")
    words = (*words, "--device-name", "gone=synthetic:?script=absent@0s")
    process = command.start("serve", *flags, "--device-name", "synthetic:", *words)
    process.wait_for(": registered")
    assert robot.wait_for(robot.faults, PATIENCE_S)

    found = doctor(*words, device="synthetic:")

    assert f"an image service runs at port {port}" in found.of("ok")["port"]
    assert "the daemon that runs serves it" in found.of("ok")["camera synthetic"]
    assert "is the lens covered" in found.of("error")["camera dark"]
    assert "gone" not in found.of("error")["camera dark"]
    assert "dark" not in found.of("error")["camera gone"]
    assert "dark" in found.of("warning")["faults"]
    assert "the robot reaches" in found.of("ok")["forwarding"]
    assert "was updated" in found.of("ok")["directory"]
    assert [one.name for one in robot.services()] == ["web-cam-service"]


def test_daemon_at_any_port_is_found_by_its_page(
    doctor: Doctor, command: Any, flags: list[str], port: str, tmp_path: Path
) -> None:
    files = write_certificate(tmp_path)
    words = ("--http", port, "--http-certificate", files.certificate, "--http-key", files.key)
    process = command.start("serve", *flags, "--device-name", "synthetic:", *words)
    process.wait_for(": registered")
    found = doctor(*words, device="synthetic:")
    assert "an image service runs at port" in found.of("ok")["port"]
    assert "beside the daemon that runs" in found.of("ok")["http"]
    assert "the robot reaches" in found.of("ok")["forwarding"]
    assert "the daemon that runs serves it" in found.of("ok")["camera synthetic"]
    other = doctor(*words, "--service-name", "other-service", device="synthetic:")
    assert f"port {port} cannot be used" in other.of("error")["http"]


def test_daemon_that_answers_nobody_here_is_named(
    doctor: Doctor, command: Any, flags: list[str], port: str
) -> None:
    words = ("--port", port, "--allow-from", "10.0.0.0/8")
    robot_by_name = ["localhost.invalid", *flags[1:]]
    process = command.start("serve", *robot_by_name, "--device-name", "synthetic:", *words)
    process.wait_for("serving on port")
    found = doctor(*words)
    assert "does not answer this computer" in found.of("warning")["port"]
    assert "refuses the robot's calls" in found.of("error")["allow-from"]


def test_text_for_people_says_what_to_do(command: Any, flags: list[str]) -> None:
    ended = command.run("doctor", *flags, "--device-name", "/dev/video99")
    assert ended.code == 1
    assert "error   camera video99: there is no /dev/video99" in ended.out
    assert "-> connect it" in ended.out
    assert ended.out.splitlines()[-1].endswith("1 error")
    assert ended.err == ""


def test_json_is_the_whole_output(command: Any, flags: list[str]) -> None:
    ended = command.run("doctor", *flags, "--json", "--device-name", "synthetic:")
    assert outcome(ended).code == 0
    assert ended.err == ""
