"""Addresses on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from spot_webcam.app.cli.arguments import host_ip, payload_credentials, robot_address
from spot_webcam.app.cli.command_line import Misused
from spot_webcam.app.cli.main import main
from spot_webcam.domain.robot_access import RobotAddress

SERVE = ("serve", "127.0.0.1", "--guid", "a-guid", "--secret", "s", "--device-name", "0")

NO_ADDRESSES = [
    "",
    "two words",
    "a" * 300,
    "https://spot",
    "spot:443",
    "[::1]:443",
    "[spot]",
    "192.168.80",
    "1.2.3.256",
    "::g",
    "fe80::1%a/b",
    "fe80::1%",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "ff02::1",
]


def parsed(host: str) -> str:
    options = argparse.Namespace(hostname=host, robot_port=443, robot_ca=None)
    return str(robot_address(options))


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("192.168.80.3", "192.168.80.3:443"),
        ("spot-BD-1.local", "spot-BD-1.local:443"),
        ("my_robot", "my_robot:443"),
        ("::1", "[::1]:443"),
        ("[fd77::1]", "[fd77::1]:443"),
        ("fd77::", "[fd77::]:443"),
        ("fe80::1%eth0.5", "[fe80::1%eth0.5]:443"),
        ("::1%lo", "[::1]:443"),
    ],
)
def test_robot_may_have_any_address(host: str, shown: str) -> None:
    assert parsed(host) == shown


@pytest.mark.parametrize("host", NO_ADDRESSES)
def test_what_no_robot_can_have_is_refused(host: str) -> None:
    with pytest.raises(Misused, match="expected the robot's address, such as 192"):
        parsed(host)


def test_link_local_address_needs_its_interface() -> None:
    with pytest.raises(Misused, match="add its interface, as in fe80::1%eth0"):
        parsed("fe80::1")


@pytest.mark.parametrize(
    ("host_ip", "says"),
    [
        ("two words", "invalid --host-ip 'two words': expected this computer's address"),
        ("", "invalid --host-ip ''"),
        ("192.168.50", "invalid --host-ip"),
        ("192.168.50.5:80", "invalid --host-ip"),
        ("0.0.0.0", "invalid --host-ip"),
        ("fe80::5", "--host-ip fe80::5 is valid on one interface alone"),
        ("fe80::5%eth0", "--host-ip fe80::5%eth0 is valid on one interface alone"),
    ],
)
def test_own_address_that_the_robot_cannot_use_is_refused(
    host_ip: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*SERVE, "--host-ip", host_ip]) == 2
    assert says in capsys.readouterr().err


def test_link_local_robot_needs_an_own_address_that_it_can_use(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["serve", "fe80::1%eth0", *SERVE[2:]]) == 2
    error = capsys.readouterr().err
    assert "which the robot cannot know: give another one of this computer with --host-ip" in error
    robot = RobotAddress("fe80::1%eth0")
    assert host_ip("192.168.50.5", robot) == "192.168.50.5"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_credentials_file_may_be_written_on_windows(
    encoding: str, line_end: str, tmp_path: Path
) -> None:
    file = tmp_path / "credentials"
    file.write_bytes(f"a-guid{line_end}a-secret{line_end}".encode(encoding))
    options = argparse.Namespace(guid=None, secret=None, payload_credentials_file=str(file))
    credentials = payload_credentials(options)
    assert (credentials.guid, credentials.secret) == ("a-guid", "a-secret")
