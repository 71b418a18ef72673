"""No password of a camera's address reaches the log, the robot, its clients or `ps`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bosdyn.api import image_pb2

from spot_webcam.fakes.robot import FakeRobot
from tests.camera_packages import install
from tests.timing import PATIENCE_S

pytestmark = pytest.mark.slow
MARKER, USER = "QZXmarker", "QZXuser"
# Nothing listens on port 1.
HOST = "127.0.0.1:1"
PTZ = f"{USER}:{MARKER}@{HOST}"
DEVICES = {
    "spaces": f"rtsp://{USER}:my {MARKER}@{HOST}/gate",
    "slashes": f"rtsp://{USER}:a/{MARKER}?b#c@{HOST}/gate",
    "slash": f"rtsp:/{USER}:{MARKER}@{HOST}/x",
    "colon": f"rtsp//{USER}:{MARKER}@{HOST}/x",
    "escaped": f"rtsp://{USER}:{MARKER}%40{HOST}/x",
    "query": f"http://{HOST}/x?user={USER}&pw={MARKER}",
    "hash": f"http://{USER}:20#{MARKER}@{HOST}/x",
    "tls": f"https://{USER}:{MARKER} %@{HOST}/x",
    "path": f"rtsp://{HOST}/user={USER}&password={MARKER}",
    "plugin": f"ptz:{PTZ}",
    "defect": f"defective:{PTZ}",
}
# It says what it was given in every way that it can.
PACKAGE = """
import logging
def make(address):
    logging.getLogger("ptz").warning("connects to %s", address)
    raise OSError(111, "cannot reach", address)
class Defective:
    def __init__(self, address):
        self.address = address
    def open(self):
        raise ValueError(f"no {self.address!r}, {self.address.partition('@')[0].split(':')}")
    grab = retrieve = settings = close = lambda self: None
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment in which a package with two schemes is found."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "ptz_cameras.py").write_text(PACKAGE)
    schemes = {"ptz": "ptz_cameras:make", "defective": "ptz_cameras:Defective"}
    install(site, "ptz-cameras", schemes)
    return {**os.environ, "PYTHONPATH": str(site)}


def _children_s_words(pid: int) -> str:
    """Return the command lines of all processes that a process has started."""
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    children = [child for one in threads for child in one.read_text().split()]
    return "".join(Path(f"/proc/{child}/cmdline").read_text() for child in children)


@pytest.mark.parametrize("isolate", ["auto", "never"])
def test_credentials_are_asked_to_nobody(
    robot: FakeRobot,
    command: Any,
    connect: Callable[..., Any],
    serve_flags: list[str],
    environment: dict[str, str],
    isolate: str,
) -> None:
    devices = [f"--device-name={name}={address}" for name, address in DEVICES.items()]
    process = command.start(
        *serve_flags, "-v", "--isolate", isolate, *devices, environment=environment
    )
    assert robot.wait_for(lambda: len(robot.faults()) >= len(DEVICES), PATIENCE_S)
    client = connect(robot)
    said = [str(fault) for fault in robot.faults()]
    said += [str(one) for one in client.list().values()]
    said += [str(client.ask(name)) for name in DEVICES]
    requests = [image_pb2.ImageRequest(image_source_name=name) for name in DEVICES]
    said.append(str(client.call(*requests)))
    words = _children_s_words(process.popen.pid)
    process.popen.terminate()
    ended = process.end()

    assert ended.code == 0
    assert ("cameras.worker" in words) == (isolate == "auto")
    assert "no answer from rtsp://127.0.0.1:1/gate" in ended.err
    assert "there is no rtsp:/127.0.0.1:1/x" in ended.err
    assert "source plugin is device ...@127.0.0.1:1" in ended.err
    for text in (*said, ended.err, ended.out, words):
        assert MARKER not in text
        assert USER not in text
