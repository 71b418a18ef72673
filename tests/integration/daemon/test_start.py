"""What a start imports: each module that is not used would delay it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from spot_webcam.fakes.robot import FakeRobot
from tests.timing import PATIENCE_S

# With the names of the modules, as they are imported, on standard error.
PYTHON = (sys.executable, "-X", "importtime")
LIBRARIES = {
    "numpy",
    "cv2",
    "simplejpeg",
    "grpc",
    "google",
    "bosdyn",
    "jwt",
    "cryptography",
    "pydantic",
    "rich",
}
# Of other commands, other cameras, and for schemes that no device name here has.
OF_OTHERS = {
    *("rich", "trustme", "pydantic", "importlib.metadata", "multiprocessing"),
    *("spot_webcam.tools", "spot_webcam.fakes", "spot_webcam.image_service_helpers"),
    *(f"spot_webcam.adapters.{name}" for name in ("v4l2", "http_camera", "camera_interface")),
}
OF_THE_SERVER = {
    "bosdyn",
    "grpc",
    "google",
    "jwt",
    "cryptography",
    "asyncio",
    "spot_webcam.app.daemon",
}


def imported(err: str) -> set[str]:
    """Return the modules of `-X importtime`, and their packages."""
    lines = [line for line in err.splitlines() if line.startswith("import time:")]
    names = [line.rpartition("|")[2].strip().split(".") for line in lines]
    return {".".join(name[:end]) for name in names for end in range(1, len(name) + 1)}


def test_help_imports_no_library() -> None:
    ended = subprocess.run(
        [*PYTHON, "-m", "spot_webcam", "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    modules = imported(ended.stderr)
    assert "spot_webcam.app.cli.main" in modules
    assert not modules & (LIBRARIES | OF_OTHERS | {"spot_webcam.app.cli.serve", "asyncio"})


def test_daemon_imports_nothing_of_other_commands_and_cameras(
    robot: FakeRobot, command: Any, serve_flags: list[str], clip: Path
) -> None:
    process = command.start(
        *serve_flags, f"--device-name={clip}", program=(*PYTHON, "-m", "spot_webcam")
    )
    assert robot.wait_for(robot.services, PATIENCE_S)
    process.wait_for("clip.avi: opened")
    process.popen.terminate()
    modules = imported(process.end().err)
    assert "spot_webcam.app.daemon" in modules
    assert not modules & OF_OTHERS


def test_process_of_a_camera_imports_nothing_of_the_server(clip: Path) -> None:
    program = (
        "import sys\n"
        "from spot_webcam.app.cameras import worker\n"
        "from spot_webcam.adapters.isolated import serve_camera\n"
        "from spot_webcam.domain.ports import ModeRequest\n"
        "camera = worker.make([sys.argv[1], ModeRequest(), False, '', False])\n"
        "camera.open()\n"
        "camera.grab()\n"
        "camera.retrieve()\n"
    )
    ended = subprocess.run(
        [*PYTHON, "-c", program, str(clip)],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    modules = imported(ended.stderr)
    assert "cv2" in modules
    assert not modules & (OF_THE_SERVER | OF_OTHERS)
