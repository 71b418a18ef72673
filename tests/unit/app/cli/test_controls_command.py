from __future__ import annotations

import argparse
import errno
import json
import os
import platform
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.adapters.v4l2 import DeviceNames, abi
from spot_webcam.app.cameras.device_controls import set_and_read_controls
from spot_webcam.app.cli.command_line import CouldNotRun, Misused
from spot_webcam.app.cli.controls import add_arguments, run
from spot_webcam.app.runtime.subprocess_probe import run_in_subprocess
from tests.camera_packages import install
from tests.unit.adapters.v4l2.fake_kernel import AE, BITS, BRIGHTNESS, EXPOSURE, FakeControl

Run = Callable[..., str]


def _here(jobs: Sequence[Callable[[], Any]], _stopping: Any, _timeout_s: float) -> list[Any]:
    """Run jobs in this process, so that the fake kernel is seen to change."""
    [job] = jobs
    try:
        return [(job(),)]
    except Exception as error:  # noqa: BLE001 - as the real one does
        return [error]


@pytest.fixture
def controls(kernel: Any, names: DeviceNames, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command on the fake camera, and return what it printed."""

    def command(*words: str, device: str = "usb:LAB1", run_jobs: Any = _here) -> str:
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        options = parser.parse_args([device, *words])
        work = partial(set_and_read_controls, kernel=kernel, names=names, run_jobs=run_jobs)
        assert run(options, threading.Event(), work) == 0
        assert not kernel.open_handles
        return capsys.readouterr().out

    return command


def _line(shown: str, name: str) -> str:
    [line] = [line for line in shown.splitlines() if line.startswith(name + " ")]
    return line


def test_present_values_are_shown_with_what_the_controls_take(controls: Run) -> None:
    shown = controls()
    assert _line(shown, "brightness").split() == [
        "brightness",
        "0",
        "0",
        *["integer", "-64", "to", "64"],
    ]
    exposure = _line(shown, "exposure_time_absolute")
    assert "250 (25 ms)" in exposure
    assert "3 to 2047, times 0.1 ms" in exposure
    assert exposure.rstrip().endswith("inactive")
    assert "1 (Manual)" in _line(shown, "auto_exposure")
    assert _line(shown, "version").rstrip().endswith("read-only")
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_values_are_set_switches_first_and_shown_as_the_driver_has_them(
    kernel: Any, controls: Run
) -> None:
    shown = controls("exposure_time_absolute=100", "brightness=-7", "auto_exposure=manual")
    assert "100 (10 ms)" in _line(shown, "exposure_time_absolute")
    assert (kernel.controls[EXPOSURE].value, kernel.controls[BRIGHTNESS].value) == (100, -7)
    assert len([line for line in shown.splitlines() if line[0] != " "]) == 4


def test_camera_is_not_started_to_be_controlled(kernel: Any, controls: Run) -> None:
    controls("brightness=1")
    assert not {abi.STREAMON, abi.REQBUFS, abi.S_FMT, abi.S_PARM} & set(kernel.calls)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["brightness=65"], "brightness takes -64 to 64, not 65"),
        (["auto_exposure=2"], "auto_exposure takes 1 \\(Manual\\), 3 \\(Automatic\\), not 2"),
        (["brightnes=1"], "no control 'brightnes'; it has brightness"),
        (["version=1"], "version can only be read"),
        (["brightness"], "invalid assignment 'brightness': expected NAME=VALUE"),
        (["brightness="], "expected NAME=VALUE"),
        (["brightness=1", "brightness=2"], "brightness is set twice"),
        (["exposure_time_absolute=9"], "exposure_time_absolute is inactive"),
    ],
)
def test_nothing_is_set_if_one_is_wrong(
    kernel: Any, controls: Run, words: list[str], text: str
) -> None:
    with pytest.raises(Misused, match=text):
        controls("bits=6", *words)
    assert (kernel.controls[BITS].value, kernel.controls[BRIGHTNESS].value) == (2, 0)


def test_switch_is_put_back_if_what_goes_with_it_stays_inactive(kernel: Any, controls: Run) -> None:
    kernel.controls[0x98099F] = FakeControl("Auto Else", abi.CTRL_TYPE_BOOLEAN, 0, 1, 1)
    with pytest.raises(Misused, match="is inactive"):
        controls("auto_else=off", "exposure_time_absolute=9")
    assert kernel.controls[0x98099F].value == 1


def test_defaults_put_back_what_was_changed(
    kernel: Any, controls: Run, caplog: pytest.LogCaptureFixture
) -> None:
    kernel.controls[BRIGHTNESS].value = -7
    shown = controls("bits=4", "--defaults")
    assert (kernel.controls[BRIGHTNESS].value, kernel.controls[BITS].value) == (0, 4)
    # The fake driver's default is 0, which is no entry of this menu: left as it is.
    assert kernel.controls[AE].value == 3
    assert "the driver's default is invalid: auto_exposure takes 1 (Manual)" in caplog.text
    assert "steps" in shown


def test_defaults_are_not_touched_if_an_assignment_is_wrong(kernel: Any, controls: Run) -> None:
    kernel.controls[BRIGHTNESS].value = -7
    with pytest.raises(Misused):
        controls("bits=9", "--defaults")
    assert kernel.controls[BRIGHTNESS].value == -7


def test_value_that_the_driver_does_not_keep_is_reported(
    kernel: Any, controls: Run, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "set_control", lambda _: None)
    assert _line(controls("brightness=5"), "brightness").split()[1] == "0"
    assert "brightness was set to 5, but the driver reports 0" in caplog.text


def test_json_is_one_document_with_all_there_is_to_know(controls: Run) -> None:
    found = {control["name"]: control for control in json.loads(controls("--json"))}
    assert list(found["auto_exposure"]) == [
        *("name", "label", "kind", "minimum", "maximum", "step", "default", "unit", "scale"),
        *("menu", "inactive", "read_only", "volatile", "value"),
    ]
    assert found["auto_exposure"]["menu"] == [
        {"value": 1, "label": "Manual"},
        {"value": 3, "label": "Automatic"},
    ]
    exposure = found["exposure_time_absolute"]
    assert (exposure["kind"], exposure["unit"], exposure["scale"]) == ("integer", "s", 1e-4)
    assert (exposure["value"], exposure["inactive"]) == (250, True)
    [only] = json.loads(controls("brightness=9", "--json"))
    assert (only["name"], only["value"]) == ("brightness", 9)


@pytest.mark.parametrize(
    ("device", "kind", "text"),
    [
        ("usb:OTHER", CouldNotRun, "there is no usb:OTHER"),
        ("name:fake", Misused, "be more exact"),
        ("synthetic:", Misused, "synthetic: has no V4L2 controls"),
        ("rtsp://user:secret@host/front", Misused, "rtsp://host/front has no V4L2 controls"),
        ("brightness=5", Misused, "write DEVICE first"),
    ],
)
def test_device_that_cannot_be_controlled_is_reported(
    controls: Run, device: str, kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text) as caught:
        controls(device=device)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("device", "text"),
    [
        ("thermal:roof", "thermal:roof has no V4L2 controls"),
        ("other:roof", "no package registers the camera scheme other:"),
    ],
)
def test_camera_of_another_package_is_distinguished_from_one_that_is_away(
    controls: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, text: str
) -> None:
    install(tmp_path, "thermal-camera", {"thermal": "thermal_camera:ThermalCamera"})
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(Misused, match=text):
        controls(device=device)


@pytest.mark.parametrize("request_", [abi.QUERYCAP, abi.QUERY_EXT_CTRL])
def test_what_the_driver_refuses_is_the_device_s_fault(
    kernel: Any, controls: Run, request_: int
) -> None:
    kernel.errors[request_] = [errno.EPIPE]
    with pytest.raises(CouldNotRun, match="look at the cable"):
        controls(device="3")
    assert not kernel.open_handles


def test_device_without_controls_says_so(kernel: Any, controls: Run) -> None:
    kernel.controls.clear()
    assert controls() == "usb:LAB1 has no controls\n"
    assert json.loads(controls("--json")) == []


def test_camera_that_does_not_answer_is_left(controls: Run) -> None:
    with pytest.raises(CouldNotRun, match="usb:LAB1 has not answered"):
        controls(run_jobs=lambda *_: [None])


def test_other_hosts_report_what_works_there(
    controls: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    with pytest.raises(CouldNotRun, match=r"can be reached on Linux only.*--device-name 0"):
        controls()


def test_control_sequences_of_a_device_do_not_reach_the_terminal(
    kernel: Any, controls: Run
) -> None:
    kernel.controls[AE].menu[1] = "\x1b[31mred"
    shown = controls()
    assert "1 (?[31mred)" in shown


# Forking is what these are about; OpenCV and NumPy have threads, which the children do not use.
pytest_forks = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


# Each job's result is its own; a child has none of our descriptors.
_FORKING = """
import os, threading
from spot_webcam.app.cli.command_line import Misused
from spot_webcam.app.runtime.subprocess_probe import run_in_subprocess

def refuse():
    raise Misused("no")

def still_open():
    try:
        os.fstat(writing)
    except OSError:
        return False
    return True

reading, writing = os.pipe()
jobs = [os.getpid, refuse, lambda: 7, still_open]
first, second, third, fourth = run_in_subprocess(jobs, threading.Event(), 30.0)
print(first[0] != os.getpid(), type(second).__name__, second, third, fourth)
"""


def test_each_job_has_its_own_result_and_nothing_of_ours() -> None:
    # In a process without gRPC, whose threads a child that goes on must not meet.
    done = subprocess.run(
        [sys.executable, "-c", _FORKING], capture_output=True, text=True, timeout=50, check=False
    )
    assert (done.stdout, done.stderr) == ("True Misused no (7,) (False,)\n", "")


@pytest_forks
def test_job_that_does_not_end_is_abandoned() -> None:
    stopping = threading.Event()
    assert run_in_subprocess([signal.pause], stopping, 0.01) == [None]
    stopping.set()
    assert run_in_subprocess([signal.pause], stopping, 60.0) == [None]


@pytest_forks
def test_child_that_is_killed_has_no_result() -> None:
    def end() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    assert run_in_subprocess([end], threading.Event(), 60.0) == [None]
