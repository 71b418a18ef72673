"""Each misconfiguration that docs/troubleshooting.md knows is produced, and found."""

from __future__ import annotations

import argparse
import os
import re
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.adapters.bosdyn.robot.directory import BosdynDirectory, ServiceEntry
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.app.cli import serve
from spot_webcam.app.options import AUTHORITY, SERVICE_NAME
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.tools.doctor.setup import setup_of
from tests.integration.doctor.conftest import GUID, SECRET, Doctor, outcome
from tests.timing import PATIENCE_S

TROUBLESHOOTING = Path(__file__).parents[3] / "docs" / "troubleshooting.md"
NOBODY = 65534
# Rows that are no misconfiguration, and those of what an examination does not reach.
_NONE = {
    *("its JPEGs have …: harmless", "a defect: please report it", "source … is gone"),
    "restart to use what has changed beside cameras",
    *("Image Capture Failure for …", "Decoding Image … Failure"),
    *("no picture yet: the camera is starting", "no USB bandwidth left for …"),
    *("no new picture for … s; the camera is stalled", "… delivers nothing"),
    *("no robot: expected its address", "no credentials: expected --payload-credentials-file"),
}
# By test_configuration_file.py.
_ELSEWHERE = {"cannot set the parameters", "… is not used, and nothing changes"}
_produced: set[str] = set()

_Test = Callable[..., None]


def produces(*messages: str) -> Callable[[_Test], _Test]:
    """Mark a test with the messages of docs/troubleshooting.md whose cause it produces."""
    _produced.update(messages)
    return lambda test: test


def test_every_known_message_is_produced() -> None:
    rows = re.findall(r"^\| (`.*?) \|", TROUBLESHOOTING.read_text(), re.MULTILINE)
    rows += re.findall(r"^\| (the robot says.*?) \|", TROUBLESHOOTING.read_text(), re.MULTILINE)
    messages = {one for row in rows for one in re.findall(r"`([^`]+)`", row)}
    assert messages == _produced | _NONE | _ELSEWHERE


def test_good_setup_has_no_error_and_no_warning(doctor: Doctor, robot: FakeRobot) -> None:
    found = doctor("--strict", device="synthetic:")
    assert (found.code, found.of("warning"), found.of("error")) == (0, {}, {})
    assert "640x480" in found.of("ok")["camera synthetic"]
    # What was registered for the examination is gone.
    assert robot.services() == []


# Cameras


@produces("there is no /dev/video0")
def test_missing_camera_is_found(doctor: Doctor) -> None:
    found = doctor(device="/dev/video99")
    assert found.code == 1
    assert "there is no /dev/video99" in found.of("error")["camera video99"]


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("forbidden@0s", "usermod -aG video"),
        ("busy@0s", "fuser"),
        ("freeze@0s", "its sender is frozen"),
        ("black@0s", "is the lens covered"),
    ],
)
@produces(
    "opening the device is not permitted",
    "does not start: another program may use it",
    "its sender is frozen",
)
def test_camera_that_cannot_be_used_is_found(script: str, text: str, doctor: Doctor) -> None:
    found = doctor(device=f"front=synthetic:?script={script}")
    assert found.code == 1
    assert text in found.of("error")["camera front"]


@produces("the JPEG is damaged")
def test_damaged_jpegs_are_found(doctor: Doctor) -> None:
    device = "front=synthetic:?codec=mjpg&script=flip@0s"
    text = doctor(device=device).of("error")["camera front"]
    assert "the JPEG is damaged" in text
    assert "--serve-damaged" in text
    served = doctor("--serve-damaged", device=device)
    assert "camera front" in served.of("ok")


@produces("its process was ended", "died of SIGSEGV")
def test_crashed_process_of_a_camera_is_found(doctor: Doctor) -> None:
    found = doctor("--isolate", "always", device="front=synthetic:?script=crash@0s")
    assert "died of SIGSEGV" in found.of("error")["camera front"]


# The payload


@produces("--payload-credentials-file … is a folder")
def test_folder_for_credentials_is_found(doctor: Doctor, robot: FakeRobot, tmp_path: Path) -> None:
    flags = [robot.address, "--robot-port", str(robot.port), "--robot-ca", str(robot.ca_file)]
    found = doctor("--payload-credentials-file", str(tmp_path), flags=flags)
    assert "is a folder" in found.of("error")["credentials"]
    # The rest is examined all the same.
    assert "connected" in found.of("ok")["robot"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be another user")
@produces("--payload-credentials-file … may not be read by the user")
def test_unreadable_credentials_are_found(flags: list[str], tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    parser.set_defaults(read_only=False)
    options = parser.parse_args([*flags, "--device-name", "synthetic:"])
    tmp_path.chmod(0o711)
    os.seteuid(NOBODY)
    try:
        found = setup_of(options).findings
    finally:
        os.seteuid(0)
    assert any("may not be read by the user" in one.found for one in found)


@produces("the payload is not authorized yet")
def test_payload_without_authorization_is_found(doctor: Doctor, robot: FakeRobot) -> None:
    robot.revoke(GUID)
    text = doctor().of("error")["credentials"]
    assert "not authorized yet" in text
    assert "under Payloads" in text


@produces("the robot knows no payload with this GUID and secret")
def test_wrong_secret_is_found_and_not_shown(
    doctor: Doctor, credentials_file: Path, robot: FakeRobot
) -> None:
    credentials_file.write_text(f"{GUID}\nhunter2\n")
    found = doctor()
    assert "knows no payload with this GUID" in found.of("error")["credentials"]
    assert "hunter2" not in str(found.findings)


# The robot


@produces("the robot cannot be reached", "robot time is not known yet")
def test_robot_that_is_off_is_found(doctor: Doctor, robot: FakeRobot) -> None:
    robot.power_off()
    text = doctor().of("error")["robot"]
    assert "nothing listens" in text
    assert "robot time is not known yet" in text


@produces("the robot does not answer")
def test_robot_that_does_not_answer_is_found(doctor: Doctor, robot: FakeRobot) -> None:
    robot.stop_responding(600)
    assert "the robot does not answer" in doctor().of("error")["robot"]
    robot.resume()


@pytest.fixture
def others_directory(robot: FakeRobot) -> Iterator[Callable[[str, str], BosdynDirectory]]:
    """Directories of another payload, for an entry of a name and an authority."""
    robot.register_payload("99999999-3333-4444-5555-666666666666", "another-secret")
    link = RobotLink(
        RobotAddress(robot.address, robot.port, robot.ca_file),
        PayloadCredentials("99999999-3333-4444-5555-666666666666", "another-secret"),
        PATIENCE_S,
    )
    link.connect()
    link.authenticate()
    yield lambda name, authority: BosdynDirectory(
        link, ServiceEntry(name, authority, 1, 20.0), lambda: robot.address
    )
    link.close()


@produces("another daemon serves …")
def test_daemon_of_another_payload_is_found(
    doctor: Doctor, others_directory: Callable[[str, str], BosdynDirectory]
) -> None:
    others_directory(SERVICE_NAME, AUTHORITY).register()
    assert "another daemon serves it" in doctor().of("error")["directory"]


@produces("another service has the authority …")
def test_authority_of_another_service_is_found(
    doctor: Doctor, others_directory: Callable[[str, str], BosdynDirectory]
) -> None:
    others_directory("other-service", AUTHORITY).register()
    assert "other-service has the authority" in doctor().of("error")["directory"]


def test_entry_of_a_dead_daemon_is_found(
    doctor: Doctor, robot: FakeRobot, others_directory: Callable[[str, str], BosdynDirectory]
) -> None:
    others_directory(SERVICE_NAME, AUTHORITY).register()
    robot.move_clock(3600.0)
    assert "its daemon does not run" in doctor().of("warning")["directory"]


# The way back


@produces("--host-ip … is on none of this computer's interfaces", "could not find")
def test_address_that_the_robot_does_not_reach_is_found(doctor: Doctor) -> None:
    found = doctor("--host-ip", "203.0.113.9")
    assert "on none of this computer's interfaces" in found.of("warning")["address"]
    assert "the robot does not reach 203.0.113.9:" in found.of("error")["forwarding"]


def test_nothing_is_registered_if_it_must_not(doctor: Doctor, robot: FakeRobot) -> None:
    found = doctor("--read-only", "--host-ip", "203.0.113.9")
    assert "not examined" in found.of("ok")["forwarding"]
    assert not [one for one in robot.calls() if one.method.endswith("RegisterService")]


@produces("… is neither the robot nor in --allow-from")
def test_robot_that_calls_from_another_address_is_found(
    doctor: Doctor, credentials_file: Path
) -> None:
    # As a robot that is reached over Wi-Fi calls from its payload port.
    with FakeRobot(address="127.0.0.9") as robot:
        robot.register_payload(GUID, SECRET)
        flags = [
            *(robot.address, "--robot-port", str(robot.port), "--robot-ca", str(robot.ca_file)),
            *("--payload-credentials-file", str(credentials_file), "--host-ip", "127.0.0.1"),
        ]
        found = doctor("--allow-from", "10.0.0.0/8", flags=flags)
        assert "--allow-from 127.0.0.1" in found.of("error")["allow-from"]
        assert "allow-from" in doctor("--allow-from", "127.0.0.1", flags=flags).of("ok")


@produces("another program may be using it; choose another with --port")
def test_port_of_another_program_is_found(doctor: Doctor) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        text = doctor("--port", str(port)).of("error")["port"]
    assert f"port {port} is in use" in text


# The host


@pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")
@produces("cannot start another thread", "out of memory", "too many open files")
def test_limit_that_is_too_low_is_found(command: Any, flags: list[str]) -> None:
    # In front of which the shell lowers it, as systemd does.
    program = ("/bin/sh", "-c", f'ulimit -n 22; exec {sys.executable} -m spot_webcam "$@"', "sh")
    ended = command.run("doctor", *flags, "--json", "--device-name=synthetic:", program=program)
    text = outcome(ended).of("error")["limits"]
    assert "too many open files" in text
    assert ended.code == 1


@produces("No module named 'pkg_resources'")
def test_package_that_cannot_be_imported_is_found(command: Any, tmp_path: Path) -> None:
    # As bosdyn-client 4.1 does without an old setuptools.
    package = tmp_path / "modules" / "bosdyn" / "client"
    package.mkdir(parents=True)
    extend = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)"
    (package.parent / "__init__.py").write_text(extend)
    failure = "ModuleNotFoundError(\"No module named 'pkg_resources'\")"
    (package / "__init__.py").write_text(f"raise {failure}")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "modules")}
    ended = command.run("doctor", "192.168.80.3", "--json", environment=environment)
    text = outcome(ended).of("error")["package bosdyn-client"]
    assert "No module named 'pkg_resources'" in text
    assert "setuptools<82" in text


# Secrets


def test_secrets_that_others_can_read_are_found(
    doctor: Doctor, robot: FakeRobot, credentials_file: Path
) -> None:
    credentials_file.chmod(0o644)
    assert "mode 644" in doctor().of("warning")["secrets"]
    flags = [robot.address, "--robot-port", str(robot.port), "--robot-ca", str(robot.ca_file)]
    words = ("--guid", GUID, "--secret", SECRET)
    found = doctor(*words, flags=flags, device="front=http://viewer:hunter2@127.0.0.1:1/")
    assert "--secret is given" in found.of("warning")["secrets"]
    assert "'front' has parts that may be secret" in found.of("warning")["secrets"]
    assert "hunter2" not in str(found.findings)
    assert SECRET not in str(found.findings)
    assert "connection refused" in found.of("error")["camera front"]


def test_two_cameras_of_one_name_are_found_and_one_is_examined(doctor: Doctor) -> None:
    found = doctor("--device-name", "synthetic:?seed=1", device="synthetic:")
    assert "would both be source" in found.of("error")["cameras"]
    assert "camera synthetic" in found.of("ok")
