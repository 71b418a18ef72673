"""`spot-webcam cameras` and `spot-webcam controls`, as a shell runs them."""

import json
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rich", reason="run-lab.sh brings no rich into the lab")


def _run(*words: str, code: int = 0) -> str:
    """Run a command, and return what it printed, or its one line of error."""
    done = subprocess.run(
        [sys.executable, "-m", "spot_webcam", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == code, done.stderr
    if code == 0:
        return done.stdout
    [line] = done.stderr.splitlines()
    assert done.stdout == ""
    assert line.startswith(f"spot-webcam {words[0]}: ")
    return line


def _values(*words: str) -> dict[str, Any]:
    return {one["name"]: one["value"] for one in json.loads(_run("controls", *words, "--json"))}


@pytest.mark.timeout(300)
def test_page_of_cameras_shows_what_the_commands_print(lab: Any, usb: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "cameras.md").read_text()
    examples = re.findall(r"^\$ spot-webcam (.+)\n((?:(?!\$ |```).*\n)+)", page, re.MULTILINE)
    assert len(examples) == 4
    _run("controls", usb, "--defaults")
    for words, shown in examples:
        printed = _run(*shlex.split(words), code=2 if shown.startswith("spot-webcam ") else 0)
        assert _plain(shown.strip()) in _plain(printed)
    _run("controls", usb, "--defaults")


def _plain(text: str) -> str:
    """Return a text without the camera's number, and without spaces at the ends of lines."""
    return re.sub(r"/dev/video\d+| +$", "", text, flags=re.MULTILINE)


def test_cameras_are_listed_for_people_and_programs(lab: Any, usb: str) -> None:
    shown = _run("cameras")
    assert "\x1b" not in shown
    by_id = "/dev/v4l/by-id/usb-V4L2_lab_Lab_USB_Camera_LAB0001-video-index0"
    for line in (
        "Lab USB Camera: Lab USB Camera is free",
        f"path    {lab.node()}",
        "usb     1d6b:0102 serial LAB0001",
        f"serve   --device-name lab-usb-camera={by_id}",
        "mode    MJPG 1280x720 at 30 fps",
        "MJPG    1280x720  30, 15",
        "3 to 2047, times 0.1 ms",
    ):
        assert line in shown
    found = {camera["path"]: camera for camera in json.loads(_run("cameras", "--json"))}
    assert len(found) == 4
    camera = found[str(lab.node())]
    assert (camera["driver"], camera["usb_serial"]) == ("uvcvideo", "LAB0001")
    assert (camera["state"], camera["stable_name"]) == ("free", by_id)
    assert camera["best_mode"] == {"fourcc": "MJPG", "width": 1280, "height": 720, "fps": 30.0}
    assert len(camera["modes"]) == 3
    assert len(camera["controls"]) == 12


def test_camera_that_streams_is_busy_and_can_be_controlled(
    lab: Any, fresh_usb: str, camera_of: Any
) -> None:
    camera = camera_of(fresh_usb)
    camera.open()
    camera.grab()
    shown = _run("cameras")
    assert "Lab USB Camera is busy: end the program that holds it: " in shown
    assert _values(fresh_usb, "brightness=-7") == {"brightness": -7}
    assert camera.read(["brightness"]) == {"brightness": -7}
    camera.grab()


def test_camera_that_hangs_is_silent_and_keeps_no_one_waiting(
    lab: Any, fresh_usb: str, figure: Any
) -> None:
    lab.cam("usb", "stall")
    begun_s = time.monotonic()
    found = {camera["path"]: camera for camera in json.loads(_run("cameras", "--json"))}
    listed_s = time.monotonic() - begun_s
    line = _run("controls", str(lab.node()), code=1)
    figure(f"cameras with one that hangs: {listed_s:.1f} s, and back at the prompt")
    assert "has not answered" in line
    assert [camera["state"] for camera in found.values()].count("free") == 3
    assert found[str(lab.node())]["state"] == "silent"
    assert "unplug it" in found[str(lab.node())]["remedy"]
    assert listed_s < 15


_AS_NOBODY = """
import os, sys
from spot_webcam.app.cli import cameras
from spot_webcam.app.cli import controls
from spot_webcam.app.cli.main import main
os.setgroups([])
os.setegid(65534)
os.seteuid(65534)
sys.exit(main(sys.argv[1:]))
"""


def test_forbidden_camera_is_reported_with_the_remedy(lab: Any, usb: str) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", _AS_NOBODY, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)

    assert "Lab USB Camera is forbidden: sudo usermod -aG video $USER" in run("cameras").stdout
    done = run("controls", usb)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "add this user to the video group" in line


def test_controls_are_set_shown_and_put_back(lab: Any, fresh_usb: str) -> None:
    words = ("exposure_time_absolute=100", "auto_exposure=manual mode", "brightness=-7")
    shown = _run("controls", fresh_usb, *words)
    assert "100 (10 ms)" in shown
    values = _values(fresh_usb)
    assert values["exposure_time_absolute"] == 100
    assert (values["auto_exposure"], values["brightness"]) == (1, -7)
    values = _values(fresh_usb, "focus_automatic_continuous=off", "--defaults")
    assert len(values) == 12
    assert (values["exposure_time_absolute"], values["auto_exposure"]) == (250, 3)
    assert (values["brightness"], values["focus_automatic_continuous"]) == (0, 0)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["brightness=1000"], "brightness takes -64 to 64, not 1000"),
        (["brightnes=1"], "no control 'brightnes'; it has brightness"),
        (["focus_automatic_continuous=off", "exposure_time_absolute=9"], "is inactive"),
    ],
)
def test_nothing_is_set_if_one_is_wrong(
    lab: Any, fresh_usb: str, words: list[str], text: str
) -> None:
    before = _values(fresh_usb)
    assert text in _run("controls", fresh_usb, "contrast=90", *words, code=2)
    assert _values(fresh_usb) == before


def test_device_that_is_none_is_reported(lab: Any, usb: str) -> None:
    assert "there is no /dev/video77: plug the camera in" in _run(
        "controls", "/dev/video77", code=1
    )
    assert "/dev/null: querying its capabilities failed" in _run("controls", "/dev/null", code=1)
    assert "be more exact" in _run("controls", "name:Lab", code=2)


def test_every_control_of_vivid_is_shown(lab: Any) -> None:
    shown = _run("controls", "/dev/video2")
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 100
    assert len(_values("/dev/video2")) > 40
