"""Every fragment of docs/migrating.md works as it stands there."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import cv2
import grpc
import numpy as np
import pytest
from bosdyn.api import image_pb2, image_service_pb2_grpc
from bosdyn.api.service_customization_pb2 import DictParam

from spot_webcam.fakes.pytest_fixtures import sdk_robot
from spot_webcam.fakes.robot import FakeRobot
from tests.camera_interfaces import jpeg_of
from tests.camera_packages import install
from tests.recordings import write_recording
from tests.timing import PATIENCE_S, eventually

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

GUIDE = (Path(__file__).parents[3] / "docs" / "migrating.md").read_text()
FRAGMENTS = re.findall(r"^```(\w+)\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
MODULES = dict(
    re.findall(r"^`(\w+\.py)`:\n\n```python\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
)
OK = image_pb2.ImageResponse.STATUS_OK
# What the guide's modules do not have of the ways to import it, and what is to stay.
OTHER_IMPORTS = """
import bosdyn.client.image_service_helpers
import bosdyn.client.image_service_helpers as ish
from bosdyn.client import image_service_helpers
from bosdyn.client import image_service_helpers as helpers
from bosdyn.client import frame_helpers
from bosdyn.client.image import ImageClient

ImageClient, frame_helpers, ish.CameraInterface, helpers.CameraInterface
image_service_helpers.CameraInterface, bosdyn.client.image_service_helpers.CameraInterface
"""
ROWS, COLS = 48, 64


def fragments(language: str, holding: str) -> str:
    """Return the one fragment that holds a text."""
    [found] = [text for kind, text in FRAGMENTS if kind == language and holding in text]
    return found


def test_every_fragment_is_run_here() -> None:
    assert sorted(MODULES) == ["contrast_camera.py", "my_service.py", "panorama.py"]
    kinds = [kind for kind, _ in FRAGMENTS]
    assert {kind: kinds.count(kind) for kind in kinds} == {"sh": 4, "python": 4, "toml": 2}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the modules of the guide, found by this process and those it starts."""
    site = tmp_path / "site"
    site.mkdir()
    for name, text in MODULES.items():
        (site / name).write_text(text)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site))
    yield site
    for name in MODULES:
        sys.modules.pop(name.removesuffix(".py"), None)


def install_as_reported(site: Path, holding: str) -> None:
    """Register what a pyproject.toml of the guide registers."""
    project = tomllib.loads(fragments("toml", holding))["project"]
    install(site, project.get("name", "a-camera"), project["entry-points"]["spot_webcam.cameras"])


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A minute of red: OpenCV does not play a recording at its own rate, nor again."""
    path = tmp_path / "video0"
    unnamed = path.with_suffix(".avi")
    reds = [np.full((ROWS, COLS, 3), (10, 20, 100 + level), np.uint8) for level in range(20)]
    write_recording(unnamed, reds * 90, fps=30)
    return unnamed.rename(path)


def served(command: Any, serve_flags: list[str], reported: str, device: str) -> Any:
    """Run a command of the guide: robot, credentials, port and device are others here."""
    words = shlex.split(reported.replace("\\\n", " "))
    assert words[:3] == ["spot-webcam", "serve", "ROBOT"]
    rest = words[3:]
    for flag in ("--payload-credentials-file", "--guid", "--secret", "--host-ip", "--port"):
        if flag in rest:
            at = rest.index(flag)
            del rest[at : at + 2]
    at = rest.index("--device-name") + 1
    rest[at] = re.sub(r"[^=:]*$", device, rest[at], count=1)
    return command.start(*serve_flags, *rest)


def first_good(ask: Callable[[], Any]) -> Any:
    """Return the first good answer."""
    answers: list[Any] = []

    def good() -> bool:
        answers.append(ask())
        return bool(answers[-1].status == OK)

    assert eventually(good), answers[-1]
    return answers[-1]


def test_changed_import_is_all_that_a_service_needs(
    site: Path, recording: Path, robot: FakeRobot
) -> None:
    others = site / "other_imports.py"
    others.write_text(OTHER_IMPORTS)
    subprocess.run(["/bin/bash", "-c", fragments("sh", "sed -i")], cwd=site, check=True)
    assert others.read_text().count("spot_webcam") == 5
    exec(others.read_text(), {})  # noqa: S102 - our own, a few lines above
    for name in MODULES:
        text = (site / name).read_text()
        assert "bosdyn.client.image_service_helpers" not in text
        assert "spot_webcam.image_service_helpers" in text
    service = importlib.import_module("my_service")
    with sdk_robot(robot) as sdk:
        sdk.authenticate("user", "password")
        sdk.time_sync.wait_for_sync(PATIENCE_S)
        runner = service.serve(sdk, str(recording))
        try:
            with grpc.insecure_channel(f"127.0.0.1:{runner.port}") as channel:
                stub = image_service_pb2_grpc.ImageServiceStub(channel)
                request = image_pb2.GetImageRequest()
                request.image_requests.add(
                    image_source_name="web-cam", image_format=image_pb2.Image.FORMAT_RAW
                )
                answer = first_good(
                    lambda: stub.GetImage(request, timeout=PATIENCE_S).image_responses[0]
                )
        finally:
            runner.stop()
    assert answer.shot.image.pixel_format == image_pb2.Image.PIXEL_FORMAT_RGB_U8


def test_class_with_a_parameter_is_handed_to_the_daemon(
    site: Path,
    recording: Path,
    robot: FakeRobot,
    command: Any,
    serve_flags: list[str],
    connect: Any,
) -> None:
    install_as_reported(site, "contrast_camera")
    reported = fragments("sh", "=contrast:")
    process = served(command, serve_flags, reported, str(recording))
    process.wait_for("registered")
    client = connect(robot)
    raw = image_pb2.Image.FORMAT_RAW
    plain = first_good(lambda: client.ask("web-cam", image_format=raw))
    params = DictParam()
    params.values["Contrast"].double_value.value = 2
    strong = client.ask("web-cam", image_format=raw, custom_params=params)
    assert strong.status == OK
    assert strong.shot.capture_params.custom_params == params
    red, blue = plain.shot.image.data[0], plain.shot.image.data[2]
    assert red > 90 > blue
    assert strong.shot.image.data[0] > 1.5 * red
    jpeg = client.ask("web-cam", image_format=image_pb2.Image.FORMAT_JPEG, resize_ratio=0.5)
    shown = cv2.imdecode(np.frombuffer(jpeg.shot.image.data, np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape == (ROWS // 2, COLS // 2, 3)
    assert robot.faults() == []
    process.popen.terminate()
    assert process.end().code == 0


def test_the_same_flags_serve_a_web_cam(
    recording: Path, robot: FakeRobot, command: Any, serve_flags: list[str], connect: Any
) -> None:
    process = served(command, serve_flags, fragments("sh", "--codec MJPG"), str(recording))
    process.wait_for("registered")
    client = connect(robot)
    answer = first_good(lambda: client.ask("video0"))
    assert answer.shot.image.format == image_pb2.Image.FORMAT_JPEG
    process.popen.terminate()
    assert process.end().code == 0


def test_controls_are_asked_for_as_the_guide_says(serve: Callable[..., Any]) -> None:
    serving = serve("video0=synthetic:?size=64x48&fps=60&controls=1")
    serving.wait_for_pictures()
    names: dict[str, Any] = {
        "DictParam": DictParam,
        "ImageRequest": image_pb2.ImageRequest,
        "image_client": serving.client.images,
    }
    exec(fragments("python", "image_client.get_image"), names)  # noqa: S102 - our own guide
    assert names["used"] == 60


@pytest.fixture
def photographs() -> Iterator[tuple[str, bytes]]:
    """An HTTP camera: its address, and what it answers."""
    jpeg = jpeg_of(np.random.default_rng(0).integers(0, 255, (ROWS, COLS, 3), np.uint8))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/photograph.jpg" else 404)
            self.end_headers()
            self.wfile.write(jpeg)

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}", jpeg
        server.shutdown()
        thread.join()


def test_panorama_s_own_bytes_are_served_on_demand(
    site: Path,
    photographs: tuple[str, bytes],
    robot: FakeRobot,
    command: Any,
    serve_flags: list[str],
    connect: Any,
) -> None:
    address, jpeg = photographs
    install_as_reported(site, "panorama")
    process = served(command, serve_flags, fragments("sh", "=panorama:"), address)
    process.wait_for("registered")
    client = connect(robot)
    answer = first_good(lambda: client.ask("roof"))
    assert answer.shot.image.data == jpeg
    raw = client.ask("roof", image_format=image_pb2.Image.FORMAT_RAW)
    assert len(raw.shot.image.data) == ROWS * COLS * 3
    process.popen.terminate()
    assert process.end().code == 0
