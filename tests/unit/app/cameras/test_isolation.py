"""Choice of the isolated cameras, and the recipes of their processes."""

import logging
import platform
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from spot_webcam.adapters import isolated
from spot_webcam.adapters.isolated import (
    ChildTimeouts,
    IsolatedCamera,
    IsolatedControlledCamera,
    IsolatedParametrisedCamera,
)
from spot_webcam.app.cameras.isolation import Isolation, isolated_or_not, presumed_spec
from spot_webcam.app.cameras.worker import make
from spot_webcam.app.cli.command_line import close_log
from spot_webcam.domain.errors import CameraMisconfigured, NoData
from spot_webcam.domain.ports import Camera, Controllable, Interruptible, ModeRequest, Parametrised
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.naming import Device
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


FOREIGN = ["rtsp://host/front", "opencv:http://host/x.mjpg", "clip.avi", "opencv:0"]
OWN = [
    "http://host/x.mjpg",
    "0",
    "/dev/video0",
    "usb:LAB1",
    "name:BRIO",
    "synthetic:",
    "synthetic:?script=hang@0s",
]


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
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
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


class Recorded(IsolatedCamera):
    """Shows what it was made with."""

    def __init__(
        self, command: Sequence[str], recipe: Callable[[], Any], timeouts: ChildTimeouts | None
    ) -> None:
        super().__init__(command, recipe, timeouts)
        self.command = command
        self.recipe = recipe


Make = Callable[[str, Isolation], Recorded]


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Make:
    """Make an isolated camera that shows what it was made with."""
    for kind in ("IsolatedCamera", "IsolatedControlledCamera", "IsolatedParametrisedCamera"):
        monkeypatch.setattr(isolated, kind, Recorded)

    def make_recorded(name: str, which: Isolation) -> Recorded:
        made = camera(name, which)
        assert isinstance(made, Recorded)
        return made

    return make_recorded


def test_process_gets_device_and_mode_outside_the_command_line(recorded: Make) -> None:
    made = recorded("rtsp://user:secret@host/front", Isolation.AUTO)
    assert "secret" not in " ".join(made.command)
    assert made.command[-1] == "cam"
    mode = ModeRequest(640, 480)
    assert made.recipe() == ["rtsp://user:secret@host/front", mode, False, "", False]


def test_process_logs_all_where_all_is_logged(
    recorded: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "spot_webcam")
    assert recorded("rtsp://host/front", Isolation.AUTO).recipe() == [
        "rtsp://host/front",
        ModeRequest(640, 480),
        True,
        "",
        False,
    ]


def test_script_begins_once_for_all_processes(recorded: Make) -> None:
    made = recorded("synthetic:?script=crash@1s+1s", Isolation.ALWAYS)
    first = made.recipe()
    assert made.recipe() == first
    assert "&began=" in str(first)
    assert "began" not in str(recorded("synthetic:", Isolation.ALWAYS).recipe())
    assert "began" not in str(recorded("rtsp://host/x?script=1", Isolation.ALWAYS).recipe())


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
        assert type(make([name, ModeRequest(), False, "", False])) is kind
        assert logger.level == logging.INFO
    finally:
        close_log()


def test_worker_makes_nothing_of_an_invalid_recipe() -> None:
    with pytest.raises(TypeError, match="invalid recipe"):
        make(["synthetic:"])


class SpecCamera:
    def __init__(self, spec: bytes | None) -> None:
        self._spec = spec

    def parameter_spec(self) -> bytes:
        if self._spec is None:
            raise NoData("not open")
        return self._spec

    def set_parameters(self, encoded: bytes) -> None:
        raise NotImplementedError

    def parameters(self) -> bytes:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("camera", "spec"),
    [(SpecCamera(b"spec"), b"spec"), (SpecCamera(None), b""), (object(), b"")],
    ids=["reported", "not yet", "none"],
)
def test_spec_is_presumed_where_a_camera_tells_it_before_it_is_open(
    camera: object, spec: bytes
) -> None:
    assert presumed_spec(camera) == spec
