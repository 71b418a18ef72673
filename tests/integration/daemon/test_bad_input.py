"""An invalid request or option is answered with what would be valid, in one line."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.fakes.robot import FakeRobot

RunHere = Callable[..., Any]

MISUSED, COULD_NOT_RUN = 2, 1
HOST = ("serve", "127.0.0.1", "--host-ip", "127.0.0.1")
LOGIN = ("--guid", "a-guid", "--secret", "top-secret")
GOOD = (*HOST, *LOGIN)
TWO_FRONTS = ("--device-name", "rtsp://u:hunter2@a/front", "--device-name", "rtsp://b/front")

# What is asked, and what the answer must hold.
MISUSES: dict[str, tuple[tuple[str, ...], str]] = {
    "no command": ((), "COMMAND"),
    "unknown command": (("server",), "COMMAND: invalid choice"),
    "unknown flag": ((*GOOD, "--bogus"), "--bogus"),
    "no credentials": (HOST, "--guid"),
    "guid without secret": ((*HOST, "--guid", "a-guid"), "--secret"),
    "empty guid and secret": ((*HOST, "--guid", "", "--secret", ""), "--guid"),
    "empty credentials file name": (
        (*HOST, "--payload-credentials-file", ""),
        "--payload-credentials-file",
    ),
    "two devices of one name": ((*GOOD, *TWO_FRONTS), "NAME="),
    "device without a name": ((*GOOD, "--device-name", "/"), "NAME="),
    "synthetic camera that cannot be": (
        (*GOOD, "--device-name", "synthetic:?size=1x1"),
        "COLSxROWS",
    ),
    "own address is no host": ((*GOOD, "--host-ip", "two words"), "192.168.50.5"),
    "own address is empty": ((*GOOD, "--host-ip", ""), "192.168.50.5"),
    "own address has too few numbers": ((*GOOD, "--host-ip", "192.168.50"), "192.168.50.5"),
    "own address has a port": ((*GOOD, "--host-ip", "192.168.50.5:80"), "192.168.50.5"),
    "ca file missing": ((*GOOD, "--robot-ca", "no-such-file"), "no-such-file"),
    "port is no number": ((*GOOD, "--port", "eighty"), "--port: invalid int value"),
    "port too large": ((*GOOD, "--port", "65536"), "65536"),
    "robot port too large": (
        (*GOOD, "--robot-port", "65536"),
        "--robot-port: invalid port '...': must be 0-65535",
    ),
    "fps zero": ((*GOOD, "--fps", "0"), "--fps"),
    "fps nan": ((*GOOD, "--fps", "nan"), "--fps"),
    "service name is no Unicode": ((*GOOD, "--service-name", "a\udcff"), "--service-name"),
    "address in place of a file": (
        (*GOOD, "--robot-ca", "rtsp://u:hunter2@a/front"),
        "--robot-ca rtsp:/a/front does not exist",
    ),
    "certificate of no source": (
        (
            *GOOD,
            "--device-name",
            "front=https://u:hunter2@a/x",
            "--trust-certificate",
            "rear=x.pem",
        ),
        "expected NAME=sha256:FINGERPRINT or NAME=FILE with NAME of front",
    ),
    "certificate that is none": (
        (*GOOD, "--device-name", "front=https://u:hunter2@a/x", "--trust-certificate", "front=ab"),
        "invalid certificate 'ab': expected sha256:FINGERPRINT, or a PEM file",
    ),
    "address whose password ends nowhere": (
        (*GOOD, "--device-name", "front=http://u:12?hunter2@a/x"),
        "the address http://... is ambiguous",
    ),
    "codec too long": ((*GOOD, "--codec", "MJPEG"), "--codec: invalid FOURCC '...'"),
}


def assert_one_line(ended: Any, code: int, text: str) -> None:
    assert (ended.code, ended.out) == (code, ""), ended.err
    assert text in ended.err
    assert ended.err.startswith("spot-webcam")
    assert ended.err.count("\n") == 1, ended.err
    assert "top-secret" not in ended.err
    assert "hunter2" not in ended.err


@pytest.mark.parametrize("kind", MISUSES)
def test_misuse_costs_one_line(kind: str, run_here: RunHere) -> None:
    words, text = MISUSES[kind]
    assert_one_line(run_here(*words), MISUSED, text)


@pytest.mark.parametrize("kind", ["unknown flag", "guid without secret"])
def test_process_ends_as_the_command_does(kind: str, command: Any, run_here: RunHere) -> None:
    words, _ = MISUSES[kind]
    assert command.run(*words) == run_here(*words)


def test_ca_file_must_hold_a_certificate(run_here: RunHere, tmp_path: Path) -> None:
    (tmp_path / "robot.pem").write_text("no certificate")
    assert_one_line(run_here(*GOOD, "--robot-ca", "robot.pem"), MISUSED, "robot.pem")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty: expected the GUID on line 1"),
        (b"a-guid\n", "holds no secret on its second line"),
        (b"\ntop-secret\n", "holds no GUID on its first line"),
        (b"\xff\xfe\n", "holds no UTF-8 text"),
    ],
)
def test_credentials_file_must_hold_both(
    content: bytes, why: str, run_here: RunHere, tmp_path: Path
) -> None:
    (tmp_path / "credentials").write_bytes(content)
    ended = run_here(*HOST, "--payload-credentials-file", "credentials")
    assert_one_line(ended, MISUSED, f"--payload-credentials-file credentials {why}")


@pytest.mark.parametrize("flag", ["--payload-credentials-file", "--robot-ca"])
def test_file_that_cannot_be_read_is_reported(flag: str, run_here: RunHere, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    login = () if flag == "--payload-credentials-file" else LOGIN
    whys = {"missing": "does not exist", "folder": "is a folder", "pipe": "is a pipe"}
    for name, why in whys.items():
        assert_one_line(run_here(*HOST, *login, flag, name), MISUSED, f"{flag} {name} {why}")


@pytest.mark.parametrize("host", ["https://192.168.80.3", "a" * 300, "", "192.168.80.256"])
def test_host_must_be_one(host: str, run_here: RunHere) -> None:
    ended = run_here("serve", host, "--host-ip", "127.0.0.1", *LOGIN)
    assert_one_line(ended, MISUSED, "192.168.80.3")


@pytest.mark.parametrize("host", ["no.such.host.invalid", f"{'a' * 64}.invalid"])
def test_host_that_does_not_resolve_is_reported_and_waited_for(host: str, command: Any) -> None:
    process = command.start(
        *("serve", host, "--host-ip", "127.0.0.1", *LOGIN, "--device-name", "synthetic:")
    )
    log = process.wait_for("does not resolve")
    assert host in log
    assert process.popen.poll() is None
    process.popen.terminate()
    assert process.end().code == 0


@pytest.fixture
def used_port() -> Iterator[str]:
    with socket.socket(socket.AF_INET6) as listener:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(("::", 0))
        listener.listen()
        yield str(listener.getsockname()[1])


def test_port_in_use_is_reported(used_port: str, command: Any) -> None:
    ended = command.run(*GOOD, "--port", used_port, "--device-name", "synthetic:")
    assert_last_line(ended, COULD_NOT_RUN, used_port)


def assert_last_line(ended: Any, code: int, text: str) -> None:
    """The log may come first; the last line says what is wrong."""
    assert ended.code == code
    assert text in ended.last_line, ended.err
    assert ended.last_line.startswith("spot-webcam ")
    assert "Traceback" not in ended.err


def test_wrong_secret_is_reported_and_is_no_end(
    robot: FakeRobot, command: Any, serve_flags: list[str]
) -> None:
    process = command.start(*serve_flags, "--secret", "wrong-secret", "--device-name=synthetic:")
    process.wait_for("GUID and secret: correct them")
    assert process.popen.poll() is None
    process.popen.terminate()
    ended = process.end()
    assert ended.code == 0
    assert "wrong-secret" not in ended.err
    assert robot.services() == []


def test_verbose_shows_the_traceback_of_an_error(command: Any) -> None:
    ended = command.run(*HOST, "--guid", "a-guid", "-v")
    assert ended.code == MISUSED
    assert "Traceback" in ended.err
    assert ended.last_line.startswith("spot-webcam serve: --guid and --secret")


def test_fake_robot_s_port_in_use_is_reported(robot: FakeRobot, run_here: RunHere) -> None:
    ended = run_here("fake-robot", "--port", str(robot.port))
    assert_one_line(ended, COULD_NOT_RUN, str(robot.port))


@pytest.mark.parametrize("place", ["no-such-folder/ca.pem", "."])
def test_fake_robot_s_ca_file_must_be_writable(place: str, run_here: RunHere) -> None:
    ended = run_here("fake-robot", "--port", "0", "--ca-file", place)
    assert_one_line(ended, COULD_NOT_RUN, place)


@pytest.mark.parametrize("flag", ["--guid", "--secret"])
def test_fake_robot_s_payload_needs_both(flag: str, run_here: RunHere) -> None:
    ended = run_here("fake-robot", "--port", "0", flag, "")
    assert_one_line(ended, MISUSED, flag)
