from __future__ import annotations

import argparse
import errno
import json
import platform
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.adapters.v4l2 import DeviceNames, abi
from spot_webcam.app.cameras.discovery import list_cameras
from spot_webcam.app.cli.cameras import add_arguments, run
from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.domain.sources.naming import parse_device
from tests.unit.adapters.v4l2.fake_kernel import at

Run = Callable[..., str]


METADATA = 0x00800000


def _here(jobs: Any, _stopping: Any, _timeout_s: float) -> list[Any]:
    """Run jobs in this process, as the fake kernel is of this one."""
    return [(job(),) for job in jobs]


@pytest.fixture
def cameras(
    kernel: Any,
    names: DeviceNames,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run the command where only video3 captures, and return what it printed."""
    real = kernel.open

    def open_it(path: Path) -> int:
        pictures = path.name == "video3"
        kernel.caps = (abi.CAP_VIDEO_CAPTURE if pictures else METADATA) | abi.CAP_STREAMING
        handle: int = real(path)
        return handle

    monkeypatch.setattr(kernel, "open", open_it)

    def command(*words: str, names: DeviceNames = names, run_jobs: Any = _here) -> str:
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        discover = partial(list_cameras, kernel=kernel, names=names, run_jobs=run_jobs)
        assert run(parser.parse_args(words), threading.Event(), discover) == 0
        assert not kernel.open_handles
        return capsys.readouterr().out

    return command


def _lines(shown: str) -> list[str]:
    return [" ".join(line.split()) for line in shown.splitlines()]


def test_camera_is_shown_with_all_that_one_asks(cameras: Run, tmp_path: Path) -> None:
    shown = cameras()
    lines = _lines(shown)
    by_id = tmp_path / "dev/v4l/by-id/usb-Fake-index0"
    assert lines[0] == "Fake Camera is free"
    assert f"path {tmp_path}/dev/video3" in lines
    assert f"by-id {by_id}" in lines
    assert "driver fake on usb-0" in lines
    assert "usb 1d6b:0102 serial LAB1" in lines
    assert f"serve --device-name fake-camera={by_id}" in lines
    assert "mode MJPG 1280x720 at 30 fps, unless serve is asked for another" in lines
    assert "MJPG 1280x720 30, 15" in lines
    assert "YUYV 640x480 30, 15" in lines
    assert "not to be served: H264" in lines
    assert "brightness 0 integer -64 to 64" in lines
    assert "exposure_time_absolute 0 integer 3 to 2047, times 0.1 ms inactive" in lines
    assert "video4" not in shown
    assert "\x1b" not in shown


def test_words_to_serve_it_with_are_read_by_serve(cameras: Run) -> None:
    [camera] = json.loads(cameras("--json"))
    device = parse_device(camera["device_name"])
    assert (device.source_name, device.address.reveal()) == ("fake-camera", camera["stable_name"])


def test_json_is_one_document_with_all_there_is_to_know(cameras: Run, tmp_path: Path) -> None:
    [camera] = json.loads(cameras("--json"))
    assert list(camera) == [
        *("name", "path", "state", "remedy", "device_name", "stable_name", "by_id", "by_path"),
        *("bus", "driver", "usb_serial", "usb_vendor", "usb_product", "best_mode", "modes"),
        "controls",
    ]
    assert (camera["name"], camera["state"], camera["usb_serial"]) == (
        "Fake Camera",
        "free",
        "LAB1",
    )
    assert camera["path"] == str(tmp_path / "dev/video3")
    assert camera["best_mode"] == {"fourcc": "MJPG", "width": 1280, "height": 720, "fps": 30.0}
    assert camera["modes"][1] == {
        "fourcc": "MJPG",
        "width": 1280,
        "height": 720,
        "fps": [30.0, 15.0],
        "readable": True,
    }
    assert [mode["fourcc"] for mode in camera["modes"] if not mode["readable"]] == ["H264"]
    assert camera["controls"][0]["name"] == "brightness"
    assert "value" not in camera["controls"][0]


@pytest.mark.parametrize(
    ("code", "state", "remedy"),
    [
        (errno.EACCES, "forbidden", "sudo usermod -aG video $USER"),
        (errno.EBUSY, "busy", "end the program that holds it"),
        (errno.EIO, "silent", "cycle its power"),
    ],
)
def test_camera_that_cannot_be_opened_is_shown_with_the_remedy(
    kernel: Any, cameras: Run, code: int, state: str, remedy: str
) -> None:
    kernel.open_error = code
    first, *_ = cameras().splitlines()
    assert first.startswith(f"Fake Camera: Fake is {state}: ")
    assert remedy in first
    [camera] = json.loads(cameras("--json"))
    assert (camera["state"], camera["modes"], camera["best_mode"]) == (state, [], None)


def test_camera_that_streams_is_shown_as_busy_with_its_modes(kernel: Any, cameras: Run) -> None:
    kernel.errors[abi.REQBUFS] = [errno.EBUSY]
    shown = cameras()
    assert shown.startswith("Fake Camera is busy: end the program that holds it")
    assert "MJPG" in shown


def test_camera_that_never_answers_is_silent_and_keeps_no_other_waiting(cameras: Run) -> None:
    first, *_ = cameras(run_jobs=lambda jobs, *_: [None for _ in jobs]).splitlines()
    assert first.startswith("Fake Camera: Fake is silent: it has not answered in 5 s")


def test_camera_that_a_container_did_not_receive_is_reported(
    kernel: Any, cameras: Run, tmp_path: Path
) -> None:
    (tmp_path / "dev/video3").unlink()
    kernel.plugged = False
    assert f"pass it to the container with --device={tmp_path}/dev/video3" in cameras()


def test_no_camera_is_said_with_what_to_check(cameras: Run, kernel: Any, tmp_path: Path) -> None:
    none = DeviceNames(kernel, tmp_path / "none", tmp_path / "none")
    [line] = cameras(names=none).splitlines()
    assert line.startswith("no cameras: plug one in")
    assert json.loads(cameras("--json", names=none)) == []


def test_twin_is_named_by_its_port(
    kernel: Any, cameras: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "class/video4/index").write_text("0\n")
    (tmp_path / "dev/v4l/by-path/usb-Twin-index0").symlink_to(tmp_path / "dev/video4")
    monkeypatch.setattr(kernel, "query_capability", lambda one: _capture(one, b"HD (1): HD (1)"))
    first, second = json.loads(cameras("--json"))
    by_path = tmp_path / "dev/v4l/by-path"
    assert first["device_name"] == f"hd-1={by_path}/usb-Fake-index0"
    assert second["device_name"] == f"hd-1-2={by_path}/usb-Twin-index0"


def test_card_without_letters_is_named_by_its_number(
    kernel: Any, cameras: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "query_capability", lambda one: _capture(one, b"\x1b\xff"))
    shown = cameras()
    assert "--device-name video3=" in shown
    assert "\x1b" not in shown


def _capture(argument: Any, card: bytes) -> None:
    argument.card = card
    argument.capabilities = abi.CAP_VIDEO_CAPTURE | abi.CAP_STREAMING


def test_camera_that_reports_no_rates_is_shown_without(kernel: Any, cameras: Run) -> None:
    kernel.rated = False
    assert "MJPG 1280x720 unknown" in _lines(cameras())


def test_formats_that_offer_the_same_share_their_lines(
    kernel: Any, cameras: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    formats = ["YUYV", "UYVY", "NV12", "GREY"]

    def describe(argument: Any) -> None:
        argument.pixelformat = abi.fourcc(at(formats, argument.index))

    monkeypatch.setattr(kernel, "enumerate_format", describe)
    assert "YUYV UYVY NV12 GREY 640x480 30, 15" in _lines(cameras())


def test_other_hosts_report_what_works_there(cameras: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    with pytest.raises(CouldNotRun, match=r"cameras can be listed on Linux only.*--device-name 0"):
        cameras()
