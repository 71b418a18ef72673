"""Cameras of other packages."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.adapters.isolated import IsolatedParametrisedCamera
from spot_webcam.app.cameras.factory import camera
from spot_webcam.app.cameras.isolation import Isolation, isolated_or_not
from spot_webcam.domain.errors import CameraAbsent, CameraError, CameraMisconfigured, NoData
from spot_webcam.domain.media.image import CaptureSettings, Layout
from spot_webcam.domain.ports import Camera, Interruptible, ModeRequest, Parametrised, StreamTimed
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.naming import Device
from spot_webcam.fakes.time.manual import ManualClock
from tests.camera_packages import install

PACKAGE = """
from spot_webcam.domain.errors import CameraBusy
from spot_webcam.fakes.cameras import FaultyCamera, SyntheticCamera, SyntheticDevice
from spot_webcam.fakes.cameras.variants.parametrised import ParametrisedCamera
from spot_webcam.domain.media.image import Layout
from spot_webcam.fakes.time.manual import ManualClock
from tests.camera_interfaces import DrawnCamera, source_of

calls = []

def drawn(address):
    calls.append(address)
    return DrawnCamera(ManualClock())

def source(address, mode):
    calls.append((address, mode))
    return source_of(DrawnCamera(ManualClock()), gain=2.0)

def ours(address, *, mode, clock):
    calls.append((address, mode, clock))
    return SyntheticCamera(SyntheticDevice(cols=64, rows=48), clock)

def able(address, clock):
    drawn = SyntheticCamera(SyntheticDevice(cols=64, rows=48), clock)
    return ParametrisedCamera(drawn, Layout.BGR8)

class Timed(SyntheticCamera):
    def __init__(self, address, clock):
        super().__init__(SyntheticDevice(cols=64, rows=48), clock)
    def stream_time_ns(self):
        return 7

def absent(address):
    raise FileNotFoundError(address)

def nothing(address):
    return None

def no_address():
    pass

def busy(address):
    raise CameraBusy("another daemon has it")
"""
NAMES = ("drawn", "source", "ours", "able", "absent", "nothing", "no_address", "busy")


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A package whose schemes are called as its functions are, and which is not imported yet."""
    (tmp_path / "odd_cameras.py").write_text(PACKAGE)
    (tmp_path / "broken_cameras.py").write_text("import no_such_driver\n")
    schemes = {name: f"odd_cameras:{name}" for name in NAMES}
    more = {"timed": "odd_cameras:Timed", "gone": "odd_cameras:gone", "len": "builtins:len"}
    install(tmp_path, "odd-cameras", schemes | more)
    install(tmp_path, "broken-cameras", {"broken": "broken_cameras:make"})
    monkeypatch.syspath_prepend(str(tmp_path))
    yield lambda: sys.modules["odd_cameras"]
    sys.modules.pop("odd_cameras", None)


def made(name: str, clock: ManualClock | None = None, **mode: Any) -> Any:
    return camera(DeviceAddress(name), ModeRequest(**mode), clock or ManualClock())


def test_package_is_imported_when_its_camera_is_opened(package: Callable[[], Any]) -> None:
    drawn = made("drawn:roof")
    assert "odd_cameras" not in sys.modules
    assert drawn.open().layout is Layout.RGB8
    drawn.grab()
    assert (drawn.retrieve().cols, drawn.retrieve().rows) == (64, 48)
    drawn.close()
    assert package().calls == ["roof"]


def test_camera_is_made_again_for_each_open(package: Callable[[], Any]) -> None:
    drawn = made("drawn:")
    for _ in range(2):
        drawn.open()
    drawn.close()
    drawn.close()
    assert package().calls == ["", ""]


def test_maker_gets_what_it_has_parameters_for(
    package: Callable[[], Any], clock: ManualClock
) -> None:
    made("source:x", fps=5.0).open()
    made("ours:y", clock, cols=640).open()
    assert package().calls == [
        ("x", ModeRequest(fps=5.0)),
        ("y", ModeRequest(cols=640), clock),
    ]


def test_source_of_the_sdk_is_served_with_its_settings() -> None:
    source = made("source:x")
    source.open()
    assert source.settings() == CaptureSettings(gain_db=2.0)


def test_camera_of_our_port_is_taken_as_it_is(clock: ManualClock) -> None:
    ours = made("ours:x", clock)
    mode = ours.open()
    assert (mode.cols, mode.rows, mode.codec) == (64, 48, "synthetic")
    assert ours.grab() == clock.time_ns()
    assert ours.parameter_spec() == ours.parameters() == b""
    assert ours.stream_time_ns() is None
    ours.set_parameters(b"")
    ours.interrupt()
    with pytest.raises(NoData, match="interrupted"):
        ours.grab()
    ours.close()
    ours.interrupt()


def test_abilities_of_a_camera_of_our_port_are_handed_on() -> None:
    able = made("able:x")
    for ability in (Interruptible, Parametrised, StreamTimed):
        assert isinstance(able, ability)
    able.open()
    assert able.parameter_spec()
    able.set_parameters(b"")
    able.grab()
    assert able.parameters()
    timed = made("timed:x")
    timed.open()
    assert timed.stream_time_ns() == 7


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [
        ("broken:x", CameraMisconfigured, "import of camera scheme broken: of broken-cameras 1.0"),
        ("broken:x", CameraMisconfigured, "its author must fix.*No module named 'no_such_driver'"),
        ("gone:x", CameraMisconfigured, "has no attribute 'gone'"),
        ("absent:/dev/x", CameraAbsent, "scheme absent: of odd-cameras 1.0 .*Error: /dev/x"),
        ("nothing:x", CameraMisconfigured, "returned NoneType: its author must return a CameraInt"),
        ("no_address:x", CameraMisconfigured, "takes 0 positional arguments"),
        ("len:abc", CameraMisconfigured, "returned int"),
        ("busy:x", CameraError, "another daemon has it"),
    ],
)
def test_trouble_of_a_package_is_reported_in_a_line(
    name: str, error: type[CameraError], text: str
) -> None:
    with pytest.raises(error, match=text) as reported:
        made(name).open()
    assert "\n" not in str(reported.value)


def test_camera_that_is_not_open_delivers_nothing() -> None:
    drawn = made("drawn:x")
    for call in (drawn.grab, drawn.retrieve, drawn.settings, drawn.parameter_spec):
        with pytest.raises(NoData, match="not open"):
            call()


def isolated(name: str, which: Isolation) -> Camera:
    return isolated_or_not(Device("cam", DeviceAddress(name)), ModeRequest(), ManualClock(), which)


def test_foreign_code_runs_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    for which in (Isolation.AUTO, Isolation.ALWAYS):
        foreign = isolated("drawn:x", which)
        assert isinstance(foreign, IsolatedParametrisedCamera)
        # A photograph takes its time.
        assert foreign.timeouts.open_s == 60
    assert not isinstance(isolated("drawn:x", Isolation.NEVER), IsolatedParametrisedCamera)
    assert "odd_cameras" not in sys.modules
    with pytest.raises(CameraMisconfigured, match="no package registers"):
        isolated("unheard-of:x", Isolation.AUTO)
