"""Camera schemes of other packages, and the device names that they open."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from spot_webcam.app.cameras.factory import is_captured_by_opencv, is_foreign
from spot_webcam.app.cameras.schemes import camera_schemes, file_exists, registered_scheme
from spot_webcam.app.cli.cameras import add_arguments, run
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.address import DeviceAddress
from tests.camera_packages import install

Install = Callable[..., None]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install packages where this process finds them."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return lambda package, **schemes: install(tmp_path, package, schemes)


def test_none_is_registered_by_itself() -> None:
    assert camera_schemes() == []


def test_scheme_is_reported_with_its_package_and_its_code(installed: Install) -> None:
    installed("heat-cameras", thermal="no_such_module:make")
    [scheme] = camera_schemes()
    assert str(scheme) == "camera scheme thermal: of heat-cameras 1.0"
    assert scheme.entry_point.value == "no_such_module:make"
    assert "no_such_module" not in sys.modules


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("thermal:/dev/x", "/dev/x"),
        ("thermal:", ""),
        ("thermal://10.0.0.7/front?a=b", "//10.0.0.7/front?a=b"),
        ("thermal:a:b", "a:b"),
    ],
)
def test_what_follows_the_scheme_is_the_address(
    installed: Install, name: str, address: str
) -> None:
    installed("heat-cameras", thermal="heat:make")
    found = registered_scheme(DeviceAddress(name))
    assert found is not None
    assert (found.name, found.address_in(DeviceAddress(name)).reveal()) == ("thermal", address)
    assert is_foreign(DeviceAddress(name))
    assert not is_captured_by_opencv(DeviceAddress(name))


@pytest.mark.parametrize(
    "name",
    [
        *("0", "/dev/video0", "usb:SN1", "name:BRIO", "opencv:0", "synthetic:front"),
        *("rtsp://host/front", "http://host/x", "udp:127.0.0.1:5000", "gige://host/x"),
        *("clip.avi", "./thermal:clip.avi", "C:\\clip.avi", "d:clip.avi", "Thermal:x"),
        *("filesrc location=a:b ! appsink", "src:a ! appsink", "x" * 300),
    ],
)
def test_other_names_are_left_to_us_and_to_opencv(installed: Install, name: str) -> None:
    installed("bold", usb="bold:make", rtsp="bold:make", http="bold:make", udp="bold:make")
    installed("bolder", opencv="bold:make", synthetic="bold:make", name="bold:make")
    assert registered_scheme(DeviceAddress(name)) is None


def test_file_whose_name_has_a_colon_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("take:2.avi").touch()
    assert registered_scheme(DeviceAddress("take:2.avi")) is None
    assert is_captured_by_opencv(DeviceAddress("take:2.avi"))


def test_scheme_that_nobody_registers_is_refused_with_what_to_do(installed: Install) -> None:
    with pytest.raises(
        CameraMisconfigured, match=r"scheme thermal: of .*\(registered: none\): ins"
    ):
        registered_scheme(DeviceAddress("thermal:x"))
    with pytest.raises(CameraMisconfigured, match="scheme long: of"):
        registered_scheme(DeviceAddress(f"long:{'x' * 300}"))
    installed("round-cameras", theta="theta:make")
    with pytest.raises(CameraMisconfigured, match=r"\(registered: theta:\)"):
        registered_scheme(DeviceAddress("thermal:x"))


def test_passwords_are_not_reported() -> None:
    with pytest.raises(CameraMisconfigured) as reported:
        registered_scheme(DeviceAddress("thermal:http://user:secret@host/x"))
    assert "secret" not in str(reported.value)


def test_scheme_of_two_packages_is_refused_until_one_is_gone(installed: Install) -> None:
    installed("heat-cameras", thermal="heat:make")
    installed("other-cameras", thermal="other:make", theta="theta:make")
    with pytest.raises(
        CameraMisconfigured,
        match=r"of heat-cameras 1.0: other-cameras 1.0 registers it too: uninstall one of them",
    ):
        registered_scheme(DeviceAddress("thermal:x"))
    assert registered_scheme(DeviceAddress("theta:x")) is not None


def test_package_that_is_found_twice_is_one(
    installed: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed("heat-cameras", thermal="heat:make")
    install(tmp_path / "again", "heat-cameras", {"thermal": "heat:make"})
    monkeypatch.syspath_prepend(str(tmp_path / "again"))
    assert [scheme.trouble for scheme in camera_schemes()] == [""]


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("usb", "spot-webcam has this scheme itself"),
        ("rtsp", "OpenCV opens such URLs"),
        ("x", "two or more of a-z"),
        ("Thermal", "two or more of a-z"),
    ],
)
def test_scheme_that_can_never_be_used_says_why(
    installed: Install, name: str, trouble: str
) -> None:
    installed("bold", **{name: "bold:make"})
    [scheme] = camera_schemes()
    assert trouble in scheme.trouble


def cameras(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert run(parser.parse_args(words), threading.Event()) == 0
    return capsys.readouterr().out


def test_command_lists_schemes(installed: Install, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no package registers a camera scheme" in cameras(capsys, "--schemes")
    assert json.loads(cameras(capsys, "--schemes", "--json")) == []
    installed("heat-cameras", thermal="heat:make", usb="heat:make")
    shown = cameras(capsys, "--schemes")
    assert "thermal: of heat-cameras 1.0\n  code    heat:make\n" in shown
    assert "  serve   --device-name thermal:ADDRESS\n" in shown
    assert "usb: cannot be used: spot-webcam has this scheme itself" in shown
    assert "--device-name usb:" not in shown
    thermal, _ = json.loads(cameras(capsys, "--schemes", "--json"))
    assert thermal == {
        "scheme": "thermal",
        "package": "heat-cameras 1.0",
        "entry_point": "heat:make",
        "trouble": "",
    }


def test_file_exists_only_if_there_is_one_of_that_name(tmp_path: Path) -> None:
    (tmp_path / "take=2.avi").touch()
    assert file_exists(str(tmp_path / "take=2.avi"))
    assert not file_exists(str(tmp_path / "other"))
    assert not file_exists("x" * 300)
    assert not file_exists("\0")
