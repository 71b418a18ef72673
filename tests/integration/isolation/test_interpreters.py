"""Isolated cameras under each Python of this machine.

Those of the ABI of the Python that runs the tests share its packages, and run cameras. The others
encode and decode messages: all that these need of numpy is the names of its types.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.recordings import write_recording

TREE = Path(__file__).parents[3] / "typings"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not TREE.exists(), reason="only the repository has these links"),
]
MIN_MINOR = 10
# Another interpreter compiles everything it imports; below pytest's timeout.
PROGRAM_TIMEOUT_S = 50.0

CAMERAS = """
import sys
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.cameras.isolation import Isolation, isolated_or_not
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.naming import Device

for device_name in sys.argv[1:]:
    device = Device("front", DeviceAddress(device_name))
    camera = isolated_or_not(device, ModeRequest(), SystemClock(), Isolation.ALWAYS)
    mode = camera.open()
    camera.grab()
    picture = camera.retrieve()
    camera.settings()
    controls = camera.controls() if hasattr(camera, "controls") else []
    print(mode.layout.name, type(picture).__name__, [control.kind.name for control in controls])
    camera.close()
"""

MESSAGES = """
from spot_webcam.adapters.isolated.encoding import decode, encode
from spot_webcam.adapters.isolated.messages import (
    FrameReply, Grabbed, PictureAt, PixelForm, Reply, Request
)
from spot_webcam.domain.sources.controls import Control, ControlKind
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.media.image import CaptureSettings, Layout
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import CameraMode, ModeRequest
from spot_webcam.domain.geometry.camera_model import CameraModel

model = CameraModel(500.5, 500.0, 320.0, 240.0, cols=640, rows=480)
messages = [
    Request(1, "make", ["synthetic:", ModeRequest(640, 480, 29.97, "MJPG"), True]),
    Reply(1, None),
    Reply(2, CameraMode(640, 480, Layout.BGR8, None, "MJPG", model)),
    Request(3, "grab", 5),
    FrameReply(3, Grabbed(5, None, 7)),
    FrameReply(4, Grabbed(None, 2, 7, 1, PictureAt(0, 3, PixelForm(1, 1, Layout.BGR8)))),
    FrameReply(5, Grabbed(picture=PictureAt(0, 9, JpegPicture(b"", 640, 480, 3, None, True)))),
    Reply(6, CaptureSettings(float("inf"), None, {"gain": 3}, bytes(range(256)))),
    Reply(7, [Control("mode", "Mode", ControlKind.MENU, -(2**63), 2**63 - 1, menu={0: "off"})]),
    Reply(8, NoData("nothing")),
]
for message in messages:
    assert repr(decode(encode(message))) == repr(message), message
print(len(messages), "messages")
"""

# The names that annotations use.
NUMPY = """
from typing import Generic, TypeVar
_Type = TypeVar("_Type")
class uint8: ...
class uint16: ...
class dtype(Generic[_Type]): ...
class NDArray(Generic[_Type]): ...
"""


def interpreters() -> dict[str, int]:
    """Return the Pythons of this machine with their minor versions: ours first, each once."""
    folders = [Path(folder) for folder in os.get_exec_path()]
    # Version managers have one folder for each, and only scripts on the path.
    roots = [Path(sys.base_prefix).parent, *(folder.parent / "versions" for folder in folders)]
    folders += [binaries for root in roots for binaries in sorted(root.glob("*/bin"))]
    ours = Path(sys.executable).resolve()
    found = {ours: sys.version_info.minor}
    for one in (one for folder in folders for one in sorted(folder.glob("python3*"))):
        path = one.resolve()
        version = re.fullmatch(r"python3\.(\d+)", path.name)
        if version and int(version[1]) >= MIN_MINOR and _is_program(path):
            found.setdefault(path, int(version[1]))
    return {str(path): minor for path, minor in found.items()}


def _is_program(path: Path) -> bool:
    """Tell whether it is no script, which might start any Python."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


INTERPRETERS = interpreters()
SAME_ABI = [path for path, minor in INTERPRETERS.items() if minor == sys.version_info.minor]


def run(python: str, program: str, packages: Path, *arguments: str) -> str:
    """Return what a program prints whose only packages are ours and those of a folder."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
    }
    environment |= {
        "PYTHONPATH": f"{TREE}{os.pathsep}{packages}",
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    ended = subprocess.run(
        [python, "-c", program, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def mjpeg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "mjpeg.avi"
    write_recording(path, [np.full((48, 64, 3), 128, np.uint8)] * 5)
    return path


@pytest.mark.parametrize("python", SAME_ABI)
def test_cameras_run_in_processes_of_their_own(python: str, mjpeg: Path) -> None:
    devices = ["synthetic:?size=64x48&controls=1", str(mjpeg)]
    printed = run(python, CAMERAS, Path(np.__file__).parents[1], *devices).splitlines()
    assert len(printed) == 2
    assert printed[0].startswith("BGR8 Picture ['INTEGER'")
    assert printed[1] == "BGR8 JpegPicture []"


@pytest.mark.parametrize("python", [path for path in INTERPRETERS if path not in SAME_ABI])
def test_messages_arrive_under_every_other_python(python: str, tmp_path: Path) -> None:
    (tmp_path / "numpy").mkdir()
    (tmp_path / "numpy" / "__init__.py").write_text(NUMPY)
    (tmp_path / "numpy" / "typing.py").write_text("from numpy import NDArray\n")
    assert run(python, MESSAGES, tmp_path) == "10 messages\n"
