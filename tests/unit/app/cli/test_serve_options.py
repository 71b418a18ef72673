"""Flags override the file, and the file the defaults."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.app.cameras.isolation import Isolation
from spot_webcam.app.cameras.options import CameraOptions, CaptureOptions
from spot_webcam.app.cli.command_line import Misused
from spot_webcam.app.cli.serve import add_arguments
from spot_webcam.app.cli.serve_options import (
    cameras_to_serve,
    configuration_file,
    read_configuration,
    serve_options,
)
from spot_webcam.app.config.configuration import Configuration
from spot_webcam.app.options import ServeOptions
from spot_webcam.domain.media.transform import Transform
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.naming import Device

FLAGS = {
    "hostname": "192.168.80.3",
    "robot_port": 8443,
    "host_ip": "192.168.50.5",
    "port": 21000,
    "service_name": "of-the-file",
    "authority": "of-the-file",
    "takeover": False,
    "allow_from": [ip_network("10.0.0.0/8")],
    "hotplug": ["usb:*"],
}
FRONT = CameraOptions(
    Device("front", DeviceAddress("/dev/video7")),
    CaptureOptions(ModeRequest(640, 480, 15.0, "MJPG"), transform=Transform(90), quality=60),
)
GATE = CameraOptions(Device("gate", DeviceAddress("https://h/x"), "sha256:ab"))
FILE = Configuration(FLAGS, (FRONT, GATE))
LOGIN = ("--guid", "a-guid", "--secret", "a-secret")


@pytest.fixture
def parse() -> Callable[..., argparse.Namespace]:
    """Parse the words of a command line."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return lambda *words: parser.parse_args(words)


@pytest.fixture
def options_of(parse: Callable[..., argparse.Namespace]) -> Callable[..., ServeOptions]:
    def options_of(*words: str, file: Configuration = FILE) -> ServeOptions:
        return serve_options(parse(*words), file)

    return options_of


def test_file_is_used_where_flags_are_not_given(options_of: Callable[..., ServeOptions]) -> None:
    options = options_of(*LOGIN)
    assert options.robot == RobotAddress("192.168.80.3", 8443)
    assert options.credentials == PayloadCredentials("a-guid", "a-secret")
    assert (options.host_ip, options.port) == ("192.168.50.5", 21000)
    assert (options.service_name, options.authority) == ("of-the-file", "of-the-file")
    assert options.takeover is False
    assert options.allow_from == (ip_network("10.0.0.0/8"),)
    assert options.hotplug == ("usb:*",)
    assert options.cameras == (FRONT, GATE)


def test_flags_override_the_file(options_of: Callable[..., ServeOptions]) -> None:
    options = options_of(
        *("192.168.80.4", *LOGIN, "--robot-port", "443", "--host-ip", "192.168.50.6"),
        *("--port", "0", "--service-name", "of-flags", "--authority", "of-flags", "--takeover"),
        *("--allow-from", "10.1.0.0/16", "--hotplug", "name:*"),
    )
    assert options.robot == RobotAddress("192.168.80.4", 443)
    assert (options.host_ip, options.port) == ("192.168.50.6", 0)
    assert (options.service_name, options.authority) == ("of-flags", "of-flags")
    assert options.takeover is True
    assert options.allow_from == (ip_network("10.1.0.0/16"),)
    assert options.hotplug == ("name:*",)


def test_flags_of_cameras_override_those_of_every_camera(
    options_of: Callable[..., ServeOptions],
) -> None:
    options = options_of(
        *(*LOGIN, "--fps", "30", "--res-width", "800", "--isolate", "never", "--on-demand"),
        *("--serve-damaged", "--transcode", "--restore-controls"),
    )
    shared: dict[str, Any] = {
        "isolation": Isolation.NEVER,
        "on_demand": True,
        "serve_damaged": True,
        "transcode": True,
        "restore_controls": True,
    }
    front, gate = options.cameras
    assert front.capture == CaptureOptions(
        ModeRequest(800, 480, 30.0, "MJPG"), transform=Transform(90), quality=60, **shared
    )
    assert gate.capture == CaptureOptions(ModeRequest(800, None, 30.0), **shared)
    assert options.hotplugged == gate.capture


def test_cameras_of_flags_replace_those_of_the_file(
    options_of: Callable[..., ServeOptions],
) -> None:
    [camera] = options_of(*LOGIN, "--device-name", "a=/dev/video1").cameras
    assert camera == CameraOptions(Device("a", DeviceAddress("/dev/video1")))


def test_certificate_of_flags_overrides_that_of_the_file(
    options_of: Callable[..., ServeOptions],
) -> None:
    front, gate = options_of(*LOGIN, "--trust-certificate", "gate=sha256:cd").cameras
    assert gate.device.certificate == "sha256:cd"
    assert front is not FRONT
    assert front == FRONT
    with pytest.raises(Misused, match="NAME of front, gate"):
        options_of(*LOGIN, "--trust-certificate", "rear=sha256:cd")


@pytest.mark.parametrize(("flags", "names"), [((), ["video0"]), (("--hotplug", "usb:*"), [])])
def test_without_a_camera_the_first_one_is_served(
    parse: Callable[..., argparse.Namespace], flags: tuple[str, ...], names: list[str]
) -> None:
    cameras = cameras_to_serve(parse(*flags), Configuration())
    assert [camera.device.source_name for camera in cameras] == names


def test_defaults_are_those_of_the_options(options_of: Callable[..., ServeOptions]) -> None:
    options = options_of("192.168.80.3", *LOGIN, file=Configuration())
    default = ServeOptions(options.robot, options.credentials, None, options.cameras)
    for name in ("port", "service_name", "authority", "hotplug", "takeover", "allow_from"):
        assert getattr(options, name) == getattr(default, name)
    assert options.robot.port == 443
    assert options.cameras[0].capture == CaptureOptions()


def test_robot_is_needed(options_of: Callable[..., ServeOptions]) -> None:
    with pytest.raises(Misused, match=r"no robot: expected its address, as ROBOT or as hostname"):
        options_of(*LOGIN, file=Configuration())


def test_credentials_of_the_environment(
    options_of: Callable[..., ServeOptions], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SPOT_WEBCAM_SECRET", raising=False)
    monkeypatch.setenv("SPOT_WEBCAM_GUID", "guid-of-environment")
    with pytest.raises(Misused, match=r"no credentials: expected --payload-credentials-file"):
        options_of()
    monkeypatch.setenv("SPOT_WEBCAM_SECRET", "secret-of-environment")
    of_environment = PayloadCredentials("guid-of-environment", "secret-of-environment")
    assert options_of().credentials == of_environment
    assert options_of(*LOGIN).credentials == PayloadCredentials("a-guid", "a-secret")
    (tmp_path / "login").write_text("b-guid\nb-secret")
    named = Configuration({**FLAGS, "payload_credentials_file": str(tmp_path / "login")})
    assert options_of(file=named).credentials == PayloadCredentials("b-guid", "b-secret")
    assert options_of(*LOGIN, file=named).credentials == PayloadCredentials("a-guid", "a-secret")


def test_file_in_etc_is_read_where_it_exists(tmp_path: Path) -> None:
    given, usual = tmp_path / "given.toml", tmp_path / "spot-webcam.toml"
    assert configuration_file(None, usual) is None
    assert configuration_file(given, usual) == given
    usual.write_text("")
    assert configuration_file(None, usual) == usual
    assert configuration_file(given, usual) == given


def test_without_a_file_there_is_no_configuration() -> None:
    assert read_configuration(None) == Configuration()


def test_errors_of_a_file_are_a_misuse(tmp_path: Path) -> None:
    file = tmp_path / "spot.toml"
    file.write_text("[log]\nverbose = 1")
    with pytest.raises(Misused) as caught:
        read_configuration(file)
    assert str(caught.value) == f"{file}:2: log.verbose = 1: expected true or false"


def test_pydantic_is_imported_for_a_file_alone(tmp_path: Path) -> None:
    # Its import takes as long as all the rest of a command.
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from spot_webcam.app.cli import config, main, serve\n"
        "from spot_webcam.app.cli.serve_options import read_configuration\n"
        "read_configuration(None)\n"
        "assert 'pydantic' not in sys.modules\n"
        "read_configuration(Path('spot.toml'))\n"
        "assert 'pydantic' in sys.modules\n"
    )
    (tmp_path / "spot.toml").write_text("")
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
