"""Errors of a file: all at once, each with its line, its key, what was given and is allowed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from spot_webcam.app.config.load import load
from spot_webcam.app.config.problems import MAX_SHOWN, BadConfiguration

Errors = Callable[[str], list[str]]

REGION = (
    "expected a region within the picture: x and y from 0 to 1, width and height above 0, and"
    " x + width and y + height up to 1"
)
A_REGION_IS = "with x, y, width and height, fractions of the picture"


def test_all_errors_are_found_at_once(errors: Errors) -> None:
    text = """\
[robot]
hostnam = "192.168.80.3"
port = "443"
[credentials]
file = "no-such-file"
[web]
[[cameras]]
name = "front"
device = "synthetic:?size=1x1"
fps = true
crop.x = 0
[[cameras]]
name = "front"
device = 5
user = "viewer"
[[cameras]]
"""
    assert errors(text) == [
        "2: there is no key 'hostnam' in robot: did you mean hostname?",
        "3: robot.port = '443': expected a number from 1 to 65535",
        "5: credentials.file = ...: the file does not exist: correct the path",
        (
            "6: there is no key 'web' in the file: known are robot, credentials, service, hotplug,"
            " http, live_data, log, cameras"
        ),
        (
            "9: cameras[0].device = 'synthetic:?size=1x1': synthetic camera size must be COLSxROWS"
            " from 64x48 to 4096x4096, not '1x1'"
        ),
        (
            "10: cameras[0].fps = true: expected a number of pictures per second above 0 and up to"
            " 1000, such as 30"
        ),
        "11: cameras[0].crop.height is missing: expected a number above 0; y + height is up to 1",
        "11: cameras[0].crop.width is missing: expected a number above 0; x + width is up to 1",
        "11: cameras[0].crop.y is missing: expected a number from 0 to 1",
        "13: cameras[1].name = 'front': cameras[0] would be source 'front' too: name one of them",
        (
            "14: cameras[1].device = 5: expected a device, such as /dev/video0 or"
            " rtsp://10.0.0.7/stream1"
        ),
        (
            "16: cameras[2].device is missing: expected a device, such as /dev/video0 or"
            " rtsp://10.0.0.7/stream1"
        ),
    ]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("robot = 1", "1: robot = 1: expected a table"),
        (
            "cameras = 1",
            ("1: cameras = 1: expected a table with the header [[cameras]] for each camera"),
        ),
        ("cameras = [1]", "1: cameras[0] = 1: expected a table"),
        (
            '[robot]\nhostname = "two words"',
            (
                "2: robot.hostname = 'two words': expected a host name or an IP address, such as"
                " 192.168.80.3"
            ),
        ),
        (
            '[robot]\nhostname = "fe80::1"',
            (
                "2: robot.hostname = 'fe80::1': it is a link-local address: add its interface, as"
                " in fe80::1%eth0"
            ),
        ),
        (
            '[robot]\nhost_ip = "fe80::1%eth0"',
            (
                "2: robot.host_ip = '...': it is valid on one interface alone, which the"
                " robot cannot know"
            ),
        ),
        (
            '[robot]\nca_file = "."',
            (
                "2: robot.ca_file = '.': the file is a folder: name a file (Docker makes a folder"
                " where the file to mount is missing)"
            ),
        ),
        (
            '[service]\nname = " "\nauthority = "a b"',
            "2: service.name = ' ': expected a text",
        ),
        (
            '[service]\nallow_from = ["192.168.50.0/24", "192.168.50.0/33"]',
            (
                "2: service.allow_from[1] = '192.168.50.0/33': expected a list of networks or"
                " addresses, such as 192.168.50.0/24"
            ),
        ),
        (
            '[service]\ntakeover = "yes"',
            '''2: service.takeover = 'yes': expected "wait", "replace" or "exit"''',
        ),
        (
            '[http]\nlisten = "host:"',
            "2: http.listen = 'host:': expected [HOST:]PORT, such as 8080 or 0.0.0.0:8080",
        ),
        (
            '[http]\nlisten = "0.0.0.0:8080"',
            "2: http.listen = '0.0.0.0:8080': it is open to the network: set password_file too",
        ),
        (
            '[http]\nlisten = "8080"\npassword_file = "none"',
            "3: http.password_file = ...: cannot read the file: No such file or directory",
        ),
        (
            '[http]\nlisten = "8080"\nkey = "none"',
            "3: http.key = ...: certificate and key belong together: set both",
        ),
        (
            '[http]\nlisten = "8080"\ncertificate = "none"\nkey = "none"',
            (
                "3: http.certificate = 'none': cannot use certificate and key: No such file or"
                " directory: expected PEM files of one certificate"
            ),
        ),
        ("[log]\nverbose = 1979-05-27", "2: log.verbose = a date or time: expected true or false"),
        (
            '[hotplug]\npatterns = "usb:*"',
            "2: hotplug.patterns = 'usb:*': expected a list of patterns, such as usb:*",
        ),
        (
            '[[cameras]]\ndevice = "0"\nsize = "1280"',
            "3: cameras[0].size = '1280': expected COLSxROWS in pixels, such as 1280x720",
        ),
        (
            '[[cameras]]\ndevice = "0"\nsize = [1280, 720]',
            "3: cameras[0].size = a list: expected COLSxROWS in pixels, such as 1280x720",
        ),
        (
            '[[cameras]]\ndevice = "0"\nfps = nan',
            (
                "3: cameras[0].fps = nan: expected a number of pictures per second above 0 and up"
                " to 1000, such as 30"
            ),
        ),
        (
            '[[cameras]]\ndevice = "0"\ncodec = "MJPEG"',
            "3: cameras[0].codec = 'MJPEG': expected a FOURCC of four letters, such as MJPG",
        ),
        (
            '[[cameras]]\ndevice = "0"\nrotation = 45',
            "3: cameras[0].rotation = 45: expected 0, 90, 180 or 270",
        ),
        (
            '[[cameras]]\ndevice = "0"\nrotation = false',
            "3: cameras[0].rotation = false: expected 0, 90, 180 or 270",
        ),
        (
            (
                '[[cameras]]\ndevice = "0"\nmasks = [\n{x=0,y=0,width=1,height=1},\n'
                "{x=0.5,y=0,width=0.6,height=1}]"
            ),
            f"5: cameras[0].masks[1] = a table: {REGION}",
        ),
        (
            '[[cameras]]\ndevice = "0"\ncrop = 1',
            f"3: cameras[0].crop = 1: expected a table {A_REGION_IS}",
        ),
        (
            '[[cameras]]\ndevice = "0"\nquality = 101',
            "3: cameras[0].quality = 101: expected a number from 1 to 100",
        ),
        (
            '[[cameras]]\ndevice = "0"\n[cameras.parameters]\na = 1\nb = []',
            "3: cameras[0].parameters = a table: b is neither a number, a text, true nor false",
        ),
        (
            '[[cameras]]\ndevice = "left=/dev/video0"',
            (
                "2: cameras[0].device = 'left=/dev/video0': a name stands in the key name, not"
                " before the device"
            ),
        ),
        (
            '[[cameras]]\ndevice = "/"',
            "2: cameras[0].device = '/': no name can be taken from it: set the key name",
        ),
        (
            '[[cameras]]\ndevice = "/dev/video1"\n[[cameras]]\ndevice = "opencv:/x/video1"',
            (
                "4: cameras[1].device = 'opencv:/x/video1': cameras[0] would be source 'video1'"
                " too: name one of them"
            ),
        ),
        (
            '[[cameras]]\ndevice = "rtsp://h/x"\npassword_file = "spot.toml"',
            "3: cameras[0].password_file = ...: there is no user",
        ),
        (
            '[[cameras]]\ndevice = "/dev/video0"\nuser = "viewer"',
            "3: cameras[0].user = ...: device is no URL, or has a user already",
        ),
        (
            '[[cameras]]\ndevice = "rtsp://h/x"\nuser = "viewer"\npassword_file = "empty"',
            "4: cameras[0].password_file = ...: the file's first line is empty",
        ),
        (
            (
                '[[cameras]]\ndevice = "rtsp://h/x"\nuser = "v"\n'
                'password_file = "$CREDENTIALS_DIRECTORY/p"'
            ),
            (
                "4: cameras[0].password_file = ...: CREDENTIALS_DIRECTORY is not set: start it as a"
                " systemd service with LoadCredential="
            ),
        ),
        (
            '[[cameras]]\ndevice = "rtsp://h/x"\ncertificate = "sha256:ab"',
            "3: cameras[0].certificate = 'sha256:ab': device is no https:// address",
        ),
        ("a = [\n1", "2: no TOML: Unclosed array (at end of document)"),
        ("a = 1\nb = = 2", "2: no TOML: Invalid value (at line 2, column 5)"),
    ],
)
def test_error_says_what_was_given_and_what_is_allowed(
    text: str, error: str, errors: Errors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    (tmp_path / "empty").write_text("\nsecond line")
    assert errors(text)[0] == error


def test_certificate_of_a_camera_is_checked(errors: Errors, tmp_path: Path) -> None:
    text = '[[cameras]]\ndevice = "https://h/x"\ncertificate = "ab"'
    [error] = errors(text)
    assert error == (
        f"3: cameras[0].certificate = 'ab': invalid certificate '{tmp_path / 'ab'}': expected"
        " sha256:FINGERPRINT, or a PEM file"
    )


@pytest.mark.parametrize(
    ("key", "near"),
    [("rotaton", "rotation"), ("mask", "masks"), ("staleness_limit", "staleness_limit_s")],
)
def test_misspelt_key_names_the_nearest(key: str, near: str, errors: Errors) -> None:
    [error] = errors(f'[[cameras]]\ndevice = "0"\n{key} = 1')
    assert error == f"3: there is no key '{key}' in cameras[0]: did you mean {near}?"


def test_misspelt_key_of_a_region_names_those_there_are(errors: Errors) -> None:
    [error] = errors('[[cameras]]\ndevice = "0"\ncrop = {x=0,y=0,width=1,height=1,top=1}')
    assert error.endswith("in cameras[0].crop: known are x, y, width, height")


@pytest.mark.parametrize(
    "text",
    [
        'device = "rtsp://viewer:hunter2@10.0.0.7/x"\nfps = 0',
        'device = "ptz:hunter2@"',
        'device = "rtsp://h/x"\npassword = "hunter2"',
        'device = "rtsp://h/x"\nuser = "v"\npassword_file = "hunter2"',
        'device = "rtsp://h/x"\nuser = 1\npassword_file = ["hunter2"]',
        'device = "rtsp://u@h/x"\nuser = "hunter2"',
        'device = "rtsp://h/x"\nname = "rtsp://viewer:hunter2@10.0.0.7/x"',
        'device = "0"\n"rtsp://viewer:hunter2@10.0.0.7/x" = 1',
        'device = ["rtsp://viewer:hunter2@10.0.0.7/x"]',
        'device = "rtsp://h/x"\npassword = "hunter2\n',
    ],
)
def test_no_error_has_a_secret(text: str, errors: Errors) -> None:
    found = errors(f"[[cameras]]\n{text}")
    assert found
    assert "hunter2" not in "".join(found)


def test_password_of_a_file_is_in_no_error(errors: Errors, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2\n")
    found = errors(
        '[[cameras]]\ndevice = "https://h/x"\nuser = "v"\npassword_file = "password"\n'
        'certificate = "no-such-file"'
    )
    assert len(found) == 1
    assert "hunter2" not in found[0]


def test_long_values_are_cut(errors: Errors) -> None:
    [error] = errors(f'[service]\nauthority = "{"-" * 500}"')
    assert error.startswith(f"2: service.authority = '{'-' * MAX_SHOWN}...': expected")


def test_file_that_cannot_be_read_has_no_line(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    whys = {"missing": "does not exist", "folder": "is a folder", "pipe": "is a pipe"}
    for name, why in whys.items():
        file = tmp_path / name
        with pytest.raises(BadConfiguration) as caught:
            load(file)
        assert str(caught.value).startswith(f"{file}: {why}")


def test_endless_nesting_is_an_error(errors: Errors) -> None:
    [error] = errors(f"a = {'[' * 100_000}")
    assert error.endswith("no configuration: its brackets are nested too deeply")


def test_nesting_that_a_parser_takes_is_an_unknown_key(errors: Errors) -> None:
    for depth in (50, 150, 250, 350):
        [error] = errors(f"b = 1\na = {'[' * depth}{']' * depth}")[-1:]
        assert "there is no key" in error or "nested too deeply" in error


def test_number_of_thousands_of_digits_is_no_toml(errors: Errors) -> None:
    [error] = errors(f"[service]\nport = {'9' * 5000}")
    assert "no TOML: " in error


def test_cameras_that_are_no_tables_should_be_tables(errors: Errors) -> None:
    expected = "expected a table with the header [[cameras]] for each camera"
    assert errors('[cameras]\ndevice = "0"') == [f"1: cameras = a table: {expected}"]
    assert errors("cameras = 3") == [f"1: cameras = 3: {expected}"]


def test_pipes_are_not_waited_for(errors: Errors, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    http = '[http]\nlisten = "8080"\n'
    assert errors(f'{http}password_file = "pipe"') == [
        "3: http.password_file = ...: cannot read the file: it is no regular file"
    ]
    [error] = errors(f'{http}certificate = "pipe"\nkey = "pipe"')
    assert "cannot use certificate and key: it is no regular file" in error
