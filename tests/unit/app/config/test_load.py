"""What a file says, in the terms of the command line and of the cameras' options."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme

from spot_webcam.app.cameras.isolation import Isolation
from spot_webcam.app.cameras.options import CameraOptions, CaptureOptions
from spot_webcam.app.config.configuration import Configuration
from spot_webcam.app.config.model import (
    ConfigurationFile,
    HttpTable,
    LiveDataTable,
    LogTable,
    RobotTable,
    ServiceTable,
)
from spot_webcam.domain.geometry.camera_model import CameraModel
from spot_webcam.domain.media.transform import Region, Transform
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.naming import Device

Load = Callable[..., Configuration]

DEFAULTS = {
    "hostname": None,
    "robot_port": 443,
    "robot_ca": None,
    "host_ip": None,
    "service_name": "web-cam-service",
    "authority": "robot-web-cam",
    "port": 0,
    "takeover": None,
    "allow_from": [],
    "hotplug": [],
    "live_data": False,
    "verbose": False,
    "log_format": "text",
}

WHOLE = """\
[robot]
hostname = "[fd00::1]"
port = 8443
host_ip = "192.168.50.5"
[credentials]
file = "login"
[service]
name = "arm cams"
authority = "arm"
port = 21000
takeover = "exit"
allow_from = ["192.168.50.5/24"]
[hotplug]
patterns = ["usb:*"]
[http]
listen = "0.0.0.0:8080"
password_file = "page-password"
certificate = "page.pem"
key = "page-key.pem"
[live_data]
enabled = true
[log]
verbose = true
format = "journal"
[[cameras]]
name = "front"
device = "synthetic:?size=640x480"
size = "1280x720"
fps = 15
codec = "MJPG"
isolation = "always"
on_demand = true
rotation = 90
mirror = true
crop = { x = 0.25, y = 0, width = 0.5, height = 1 }
masks = [{ x = 0, y = 0, width = 0.1, height = 0.2 }]
lens = { model = "pinhole", size = "1280x720", focal_px = [900, 901], principal_px = [640, 360] }
quality = 60
transcode = true
serve_damaged = true
staleness_limit_s = 3
restore_controls = true
parameters = { brightness = 10, mode = "fast", auto = false }
[[cameras]]
device = "/dev/video1"
"""


def test_empty_file_says_the_defaults(load_text: Load) -> None:
    assert load_text("") == Configuration(DEFAULTS, ())


def test_every_key_is_used(load_text: Load, tmp_path: Path) -> None:
    (tmp_path / "login").write_text("guid\nsecret\n")
    (tmp_path / "page-password").write_text("correct horse")
    (tmp_path / "page-password").chmod(0o600)
    certificate = trustme.CA().issue_cert("localhost")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "page.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "page-key.pem")
    loaded = load_text(WHOLE)
    assert loaded.flags == {
        "hostname": "fd00::1",
        "robot_port": 8443,
        "robot_ca": None,
        "host_ip": "192.168.50.5",
        "payload_credentials_file": str(tmp_path / "login"),
        "service_name": "arm cams",
        "authority": "arm",
        "port": 21000,
        "takeover": False,
        "allow_from": [ip_network("192.168.50.0/24")],
        "hotplug": ["usb:*"],
        "http": "0.0.0.0:8080",
        "http_password_file": tmp_path / "page-password",
        "http_certificate": tmp_path / "page.pem",
        "http_key": tmp_path / "page-key.pem",
        "live_data": True,
        "verbose": True,
        "log_format": "journal",
    }
    front, video1 = loaded.cameras
    assert front == CameraOptions(
        Device("front", DeviceAddress("synthetic:?size=640x480")),
        CaptureOptions(
            mode=ModeRequest(1280, 720, 15.0, "MJPG"),
            on_demand=True,
            isolation=Isolation.ALWAYS,
            transform=Transform(
                90, mirror=True, crop=Region(0.25, 0, 0.5, 1), masks=(Region(0, 0, 0.1, 0.2),)
            ),
            camera_model=CameraModel(900, 901, 640, 360, cols=1280, rows=720),
            quality=60,
            transcode=True,
            serve_damaged=True,
            staleness_limit_s=3.0,
            restore_controls=True,
            parameters={"brightness": 10, "mode": "fast", "auto": False},
        ),
    )
    assert video1 == CameraOptions(Device("video1", DeviceAddress("/dev/video1")))


def test_no_key_of_the_model_is_left_out_of_these_tests() -> None:
    fields = [RobotTable, ServiceTable, HttpTable, LiveDataTable, LogTable]
    written = {line.split(" = ")[0] for line in WHOLE.splitlines() if " = " in line}
    network_camera = {"user", "password_file", "certificate", "calibration"}
    ca = {"ca_file"}
    cameras = ConfigurationFile.model_json_schema()["$defs"]["CameraTable"]["properties"]
    assert set(cameras) | ca <= written | network_camera | ca
    for model in fields:
        assert set(model.model_fields) <= written | ca


def test_user_and_password_of_a_file_are_in_the_address(load_text: Load, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("p@ss:/w ord\r\nsecond line")
    text = '[[cameras]]\ndevice = "rtsp://10.0.0.7/front"\nuser = "a b"\npassword_file = "password"'
    [camera] = load_text(text).cameras
    assert camera.device.source_name == "front"
    assert camera.device.address.split_userinfo() == (
        "rtsp://10.0.0.7/front",
        "a%20b:p%40ss%3A%2Fw%20ord",
    )
    assert str(camera.device.address) == "rtsp://10.0.0.7/front"


def test_user_without_a_password(load_text: Load) -> None:
    [camera] = load_text('[[cameras]]\ndevice = "http://10.0.0.7/front"\nuser = "me"').cameras
    assert camera.device.address.split_userinfo() == ("http://10.0.0.7/front", "me")


def test_paths_are_in_the_folder_of_the_file(load_text: Load, tmp_path: Path) -> None:
    certificate = tmp_path / "front.pem"
    certificate.write_text("")
    text = '[[cameras]]\ndevice = "https://h/x"\ncertificate = "{}"'
    fingerprint = "sha256:" + "ab" * 32
    [camera] = load_text(text.format(fingerprint)).cameras
    assert camera.device.certificate == fingerprint


def test_systemd_credentials(
    load_text: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "payload").write_text("guid\nsecret\n")
    (folder / "front").write_text("word")
    text = """
    credentials.file = "$CREDENTIALS_DIRECTORY/payload"
    [[cameras]]
    device = "rtsp://h/x"
    user = "me"
    password_file = "$CREDENTIALS_DIRECTORY/front"
    """
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    loaded = load_text(text)
    assert loaded.flags["payload_credentials_file"] == str(folder / "payload")
    assert loaded.cameras[0].device.address.split_userinfo()[1] == "me:word"
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    # Only the service has them.
    checked = load_text(text, is_check=True)
    assert checked.flags["payload_credentials_file"] is None


def test_secrets_are_in_no_text_of_what_was_loaded(load_text: Load, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2")
    loaded = load_text(
        '[[cameras]]\ndevice = "rtsp://h/x"\nuser = "me"\npassword_file = "password"\n'
        '[[cameras]]\ndevice = "rtsp://me:hunter2@h/y"'
    )
    assert "hunter2" not in repr(loaded)
    model = ConfigurationFile.model_validate({"cameras": [{"device": "rtsp://me:hunter2@h/y"}]})
    assert "hunter2" not in f"{model!r} {model} {model.model_dump_json()}"
