"""Choice of the isolated cameras, and the recipes of their processes."""

import logging
import platform

import pytest

from spot_webcam.adapters.isolated import (
    IsolatedCamera,
    IsolatedControlledCamera,
    IsolatedParametrisedCamera,
)
from spot_webcam.app.cameras import isolation
from spot_webcam.app.cameras.isolation import Isolation, isolated_or_not
from spot_webcam.app.cameras.worker import make
from spot_webcam.app.cli.command_line import close_log
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.ports import Camera, Interruptible, ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.controls import Controllable
from spot_webcam.domain.sources.naming import Device
from spot_webcam.domain.sources.parameters import Parametrised
from spot_webcam.fakes.cameras import FaultyCamera, SyntheticCamera
from spot_webcam.fakes.cameras.variants.parametrised import ParametrisedCamera
from spot_webcam.fakes.time.manual import ManualClock


def camera(name: str, which: Isolation) -> Camera:
    return isolated_or_not(
        Device("cam", DeviceAddress(name)), ModeRequest(640, 480), ManualClock(), which
    )


def is_isolated(name: str, which: Isolation) -> bool:
    return isinstance(camera(name, which), IsolatedCamera)


@pytest.fixture(autouse=True)
def _on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(isolation, "AVAILABLE", True)


FOREIGN = ["rtsp://host/front", "http://host/x.mjpg", "clip.avi", "opencv:0"]
OWN = ["0", "/dev/video0", "usb:LAB1", "name:BRIO", "synthetic:", "synthetic:?script=hang@0s"]


@pytest.mark.parametrize("name", FOREIGN)
def test_what_opencv_reads_is_isolated(name: str) -> None:
    assert is_isolated(name, Isolation.AUTO)
    assert is_isolated(name, Isolation.ALWAYS)
    assert not is_isolated(name, Isolation.NEVER)


@pytest.mark.parametrize("name", OWN)
def test_what_waits_for_a_bounded_time_is_isolated_when_asked_for(name: str) -> None:
    assert not is_isolated(name, Isolation.AUTO)
    assert is_isolated(name, Isolation.ALWAYS)
    assert not is_isolated(name, Isolation.NEVER)


def test_nothing_is_isolated_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "AVAILABLE", False)
    assert not is_isolated("rtsp://host/front", Isolation.ALWAYS)


@pytest.mark.parametrize("which", list(Isolation))
def test_name_that_can_never_be_opened_is_refused_at_once(which: Isolation) -> None:
    with pytest.raises(CameraMisconfigured, match="unknown"):
        camera("synthetic:?colour=red", which)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("synthetic:", IsolatedParametrisedCamera),
        ("synthetic:?parameters=0", IsolatedCamera),
        ("synthetic:?controls=1", IsolatedControlledCamera),
        ("usb:LAB1", IsolatedControlledCamera),
        ("rtsp://h/f", IsolatedCamera),
    ],
)
def test_isolated_camera_can_what_the_camera_can(name: str, kind: type) -> None:
    made = camera(name, Isolation.ALWAYS)
    assert isinstance(made, Interruptible)
    assert type(made) is kind
    assert isinstance(made, Controllable) == (kind is IsolatedControlledCamera)
    assert isinstance(made, Parametrised) == (kind is IsolatedParametrisedCamera)


def recipe(made: Camera) -> object:
    assert isinstance(made, IsolatedCamera)
    return made._recipe()


def test_process_gets_device_and_mode_outside_the_command_line() -> None:
    made = camera("rtsp://user:secret@host/front", Isolation.AUTO)
    assert isinstance(made, IsolatedCamera)
    assert "secret" not in " ".join(made._command)
    assert made._command[-1] == "cam"
    reported = recipe(made)
    assert reported == ["rtsp://user:secret@host/front", ModeRequest(640, 480), False]


def test_process_logs_all_where_all_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "spot_webcam")
    assert recipe(camera("rtsp://host/front", Isolation.AUTO)) == [
        "rtsp://host/front",
        ModeRequest(640, 480),
        True,
    ]


def test_script_begins_once_for_all_processes() -> None:
    made = camera("synthetic:?script=crash@1s+1s", Isolation.ALWAYS)
    first = recipe(made)
    assert recipe(made) == first
    assert "&began=" in str(first)
    assert "began" not in str(recipe(camera("synthetic:", Isolation.ALWAYS)))
    assert "began" not in str(recipe(camera("rtsp://host/x?script=1", Isolation.ALWAYS)))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("synthetic:?parameters=0", SyntheticCamera),
        ("synthetic:?parameters=0&script=fail@0", FaultyCamera),
        ("synthetic:", ParametrisedCamera),
    ],
)
def test_worker_makes_the_camera_of_the_recipe(name: str, kind: type) -> None:
    logger = logging.getLogger("spot_webcam")
    try:
        assert type(make([name, ModeRequest(), False])) is kind
        assert logger.level == logging.INFO
    finally:
        close_log()


def test_worker_makes_nothing_of_an_invalid_recipe() -> None:
    with pytest.raises(TypeError, match="invalid recipe"):
        make(["synthetic:"])
