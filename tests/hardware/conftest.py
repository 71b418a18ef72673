"""Real devices: those of the lab (lab/README.md), or any webcam (`--device`)."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.adapters.v4l2 import V4l2Camera
from spot_webcam.domain.errors import CameraError
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress

FEED = Path("/opt/lab/feeds/mjpg-720p")
USB = "usb:LAB0001"
FIGURES: list[str] = []

Opener = Callable[..., V4l2Camera]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--device", help="a webcam to run the tests of tests/hardware on")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if FIGURES:
        terminalreporter.section("figures")
        for figure in FIGURES:
            terminalreporter.line(figure)


@pytest.fixture(scope="session")
def figure() -> Callable[[str], None]:
    """Note a measured figure; all are printed at the end."""
    return FIGURES.append


@dataclass
class Lab:
    """The lab's cameras and what can be done to them."""

    digests: list[str]
    command: str

    def cam(self, *args: str) -> None:
        # Feeders live on in the background: they must not keep our pipes.
        subprocess.run([self.command, *args], check=True, stdin=subprocess.DEVNULL, timeout=30)

    def plug(self, *args: str) -> None:
        self.cam("usb", "plug", *args)
        self.cam("usb", "wait")

    def unplug(self) -> None:
        self.cam("usb", "unplug")
        wait_until(lambda: usb_node() is None)

    def node(self) -> Path:
        """Return where the USB camera is now."""
        node = usb_node()
        assert node is not None
        return node

    def wait_for_node(self) -> None:
        wait_until(usb_node)

    def control(self, device: str, setting: str) -> None:
        subprocess.run(["/usr/bin/v4l2-ctl", "-d", device, "-c", setting], check=True)

    def number(self, data: bytes) -> int | None:
        """Return which of the feed's frames it is, by its bytes."""
        digest = hashlib.sha256(data).hexdigest()
        return self.digests.index(digest) if digest in self.digests else None


def usb_node() -> Path | None:
    for entry in Path("/sys/class/video4linux").iterdir():
        with contextlib.suppress(OSError):
            if "Lab USB" in (entry / "name").read_text() and (entry / "index").read_text() == "0\n":
                return Path("/dev") / entry.name
    return None


def wait_until(condition: Callable[[], object], timeout_s: float = 10.0) -> float:
    """Wait for a condition and return how long it took."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > timeout_s:
            pytest.fail("it did not come true in time")
        time.sleep(0.005)
    return time.monotonic() - begun


@pytest.fixture(scope="session")
def lab() -> Lab:
    """The lab, if these tests run inside it: tests/hardware/run-lab.sh does that."""
    command = shutil.which("lab-cam")
    if os.environ.get("SPOT_WEBCAM_LAB") != "1" or command is None:
        pytest.skip("runs in the lab only: make test-v4l2")
    return Lab(json.loads((FEED / "sha256.json").read_text()), command)


@pytest.fixture
def usb(lab: Lab) -> Iterator[str]:
    """The lab's USB camera, plugged in and well; its stable name."""
    if usb_node() is None:
        lab.plug()
    yield USB
    with contextlib.suppress(subprocess.CalledProcessError):
        lab.cam("usb", "resume")


@pytest.fixture
def fresh_usb(usb: str, lab: Lab) -> Iterator[str]:
    """The USB camera, plugged in again afterwards: for tests that change its controls or more."""
    yield usb
    with contextlib.suppress(subprocess.CalledProcessError):
        lab.cam("usb", "resume")
        lab.cam("usb", "unplug")
    wait_until(lambda: usb_node() is None)


@pytest.fixture
def device(request: pytest.FixtureRequest) -> str:
    """Any webcam: the one that was named, or the lab's USB camera."""
    named = request.config.getoption("--device", default=None) or os.environ.get(
        "SPOT_WEBCAM_DEVICE"
    )
    if named:
        return str(named)
    if os.environ.get("SPOT_WEBCAM_LAB") == "1":
        return str(request.getfixturevalue("usb"))
    pytest.skip("no webcam was named: --device, or SPOT_WEBCAM_DEVICE")


@pytest.fixture
def camera_of(caplog: pytest.LogCaptureFixture) -> Iterator[Opener]:
    """Make a camera of a name, not opened; all are closed afterwards."""
    caplog.set_level(logging.INFO)
    cameras: list[V4l2Camera] = []

    def make(name: str, **request: object) -> V4l2Camera:
        cameras.append(V4l2Camera(DeviceAddress(name), ModeRequest(**request), SystemClock()))  # type: ignore[arg-type]
        return cameras[-1]

    yield make
    for camera in cameras:
        camera.close()


@pytest.fixture(scope="session")
def take_jpeg() -> Callable[[V4l2Camera], JpegPicture]:
    """Grab and retrieve a JPEG."""

    def take(camera: V4l2Camera) -> JpegPicture:
        camera.grab()
        picture = camera.retrieve()
        assert isinstance(picture, JpegPicture)
        return picture

    return take


@pytest.fixture(scope="session")
def reopen() -> Callable[[V4l2Camera], float]:
    """Open until it works and a picture came; return the seconds that took."""

    def until_it_works(camera: V4l2Camera) -> float:
        def works() -> bool:
            try:
                camera.open()
                camera.grab()
            except CameraError:
                return False
            return True

        return wait_until(works)

    return until_it_works
