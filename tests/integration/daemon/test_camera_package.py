"""The example package's camera scheme, installed as its README says, through the daemon."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from bosdyn.api import image_pb2, service_customization_pb2

from spot_webcam.app.cameras.isolation import Isolation
from spot_webcam.fakes.robot import FakeRobot
from tests.camera_packages import install

# The first test waits for pip as well, which builds the package.
INSTALL_TIMEOUT_S = 120.0
pytestmark = pytest.mark.timeout(INSTALL_TIMEOUT_S + 60.0)

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "thermal-camera"
Image, Response = image_pb2.Image, image_pb2.ImageResponse


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example installed, from a copy: setuptools builds where the source is."""
    pytest.importorskip("setuptools", reason="packages are built by setuptools")
    copy = tmp_path_factory.mktemp("example") / "thermal-camera"
    shutil.copytree(EXAMPLE, copy)
    site = tmp_path_factory.mktemp("site")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"),
            *("--no-build-isolation", "--target", str(site), str(copy)),
        ],
        check=True,
        timeout=INSTALL_TIMEOUT_S,
    )
    return site


@pytest.fixture
def _installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process, and those that it starts, find the package."""
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site))


def _asked(hottest: int) -> Any:
    params = service_customization_pb2.DictParam()
    params.values["hottest"].int_value.value = hottest
    return image_pb2.ImageRequest(
        image_source_name="roof", image_format=Image.FORMAT_RAW, custom_params=params
    )


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize("isolation", [Isolation.AUTO, Isolation.NEVER])
def test_package_s_camera_is_served_with_its_parameters(
    serve: Callable[..., Any], isolation: Isolation
) -> None:
    serving = serve("thermal:roof", isolation=isolation)
    serving.wait_for_pictures()
    source = serving.client.list()["roof"]
    assert (source.cols, source.rows) == (160, 120)
    assert list(source.pixel_formats) == [Image.PIXEL_FORMAT_GREYSCALE_U8]
    hottest = source.custom_params.specs["hottest"].spec.int_spec
    assert (hottest.default_value.value, hottest.max_value.value) == (80, 400)

    jpeg = serving.client.ask("roof", image_format=Image.FORMAT_JPEG).shot
    shown = cv2.imdecode(np.frombuffer(jpeg.image.data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert shown.shape == (120, 160)
    assert jpeg.capture_params.custom_params.values["hottest"].int_value.value == 80

    hot, hotter = serving.client.get(_asked(100), _asked(400))
    for answer, value in ((hot, 100), (hotter, 400)):
        assert answer.status == Response.STATUS_OK
        used = answer.shot.capture_params.custom_params
        assert used.values["hottest"].int_value.value == value
    assert max(hotter.shot.image.data) < max(hot.shot.image.data)

    [refused] = serving.client.get(_asked(1000))
    assert refused.status == Response.STATUS_CUSTOM_PARAMS_ERROR
    assert serving.faults() == []


@pytest.mark.usefixtures("_installed")
def test_command_lists_and_serves_the_scheme(
    robot: FakeRobot, command: Any, serve_flags: list[str]
) -> None:
    listed = command.run("cameras", "--schemes")
    assert listed.code == 0
    assert "thermal: of thermal-camera 1.0" in listed.out
    assert "--device-name thermal:ADDRESS" in listed.out
    process = command.start(*serve_flags, "--device-name=thermal:roof")
    process.wait_for("roof: opened, 160x120")
    process.wait_for("registered")
    process.popen.terminate()
    ended = process.end()
    assert ended.code == 0
    assert "Traceback" not in ended.err


CRASHING = """
import os
from pathlib import Path
from tests.camera_interfaces import DrawnCamera
from spot_webcam.adapters.system.clock import SystemClock

class Camera(DrawnCamera):
    def __init__(self, marker):
        super().__init__(SystemClock())
        self.marker = Path(marker)

    def blocking_capture(self, **_):
        if len(self.captures) == 30 and not self.marker.exists():
            self.marker.touch()
            os.abort()
        return super().blocking_capture()
"""


def test_package_that_crashes_costs_nobody_else(
    serve: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    install(site, "crashing-camera", {"crashing": "crashing_camera:Camera"})
    (site / "crashing_camera.py").write_text(CRASHING)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", f"{site}:{ROOT}")
    marker = tmp_path / "crashed"
    # Ten seconds between the steady one's pictures, which are good for half a minute.
    serving = serve(f"bad=crashing:{marker}", "steady=synthetic:?fps=0.1")
    serving.wait_for_pictures()
    seen = set()

    def crashed() -> bool:
        bad, steady = serving.client.get(
            *(image_pb2.ImageRequest(image_source_name=name) for name in ("bad", "steady"))
        )
        seen.add(steady.status)
        return marker.exists() and bad.status == Response.STATUS_OK

    assert serving.eventually(crashed)
    assert serving.eventually(lambda: not serving.faults())
    assert seen == {Response.STATUS_OK}


def test_scheme_of_a_package_that_is_not_there_is_reported_at_start(
    command: Any, serve_flags: list[str]
) -> None:
    ended = command.run(*serve_flags, "--device-name=thermal:roof")
    assert ended.code == 2
    assert "no package registers the camera scheme thermal: of thermal:roof" in ended.last_line
