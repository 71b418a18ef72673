"""The image, built and run by buildah: `make test-container`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.app.options import SERVICE_NAME
from spot_webcam.fakes.robot import FakeRobot
from tests.timing import PATIENCE_S, eventually

ROOT = Path(__file__).parents[3]
FOLDER = os.environ.get("SPOT_WEBCAM_CONTAINERS", "")
CONTEXT = ("Dockerfile", ".dockerignore", "pyproject.toml", "README.md", "LICENSE", "src", "fakes")
BUILD_TIMEOUT_S, RUN_TIMEOUT_S = 3000, 300
USER = 999
GUID, SECRET = "22222222-3333-4444-5555-666666666666", "a-secret-of-this-test"

pytestmark = [
    pytest.mark.skipif(
        not FOLDER,
        reason="SPOT_WEBCAM_CONTAINERS names no folder of a buildah storage: make test-container",
    ),
    pytest.mark.slow,
    pytest.mark.timeout(2 * BUILD_TIMEOUT_S),
]


def buildah(*words: str) -> list[str]:
    return ["buildah", "--root", f"{FOLDER}/storage", "--runroot", f"{FOLDER}/run", *words]


def output(*words: str, timeout_s: float = RUN_TIMEOUT_S) -> str:
    """Return what buildah prints; its errors are those of the test."""
    return subprocess.run(
        buildah(*words), check=True, stdout=subprocess.PIPE, text=True, timeout=timeout_s
    ).stdout


def build(context: Path, tag: str) -> str:
    """Build the image of a tree, with the layers of earlier builds, and return the log."""
    options = ("--isolation", "chroot", "--pull-never", "--layers", "--format", "docker")
    return output("build", *options, "-t", tag, str(context), timeout_s=BUILD_TIMEOUT_S)


@dataclass(frozen=True)
class Image:
    """An image, and a container of it in which commands run."""

    log: str
    config: dict[str, Any]
    layers: list[str]
    container: str
    credentials: Path

    def run(self, *words: str) -> list[str]:
        """Return the command line that runs words in the container."""
        mount = f"{self.credentials}:/run/credentials:ro"
        return buildah("run", "--isolation", "chroot", "-v", mount, self.container, "--", *words)

    def printed(self, *words: str) -> str:
        """Return what a command prints in the container."""
        return subprocess.run(
            self.run(*words), check=True, stdout=subprocess.PIPE, text=True, timeout=RUN_TIMEOUT_S
        ).stdout


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    log = build(ROOT, "spot-webcam-test")
    inspected = json.loads(output("inspect", "--type", "image", "spot-webcam-test"))
    container = output("from", "--pull-never", "spot-webcam-test").strip()
    docker = inspected["Docker"]
    credentials = tmp_path_factory.mktemp("credentials")
    credentials.chmod(0o755)
    layers = docker["rootfs"]["diff_ids"]
    yield Image(log, docker["config"], layers, container, credentials)
    output("rm", container)


def test_image_says_how_it_is_run(image: Image) -> None:
    config = image.config
    assert config["Entrypoint"] == ["spot-webcam", "serve"]
    assert (config["User"], config["StopSignal"]) == (str(USER), "SIGTERM")
    assert config["Healthcheck"]["Test"] == ["CMD", "spot-webcam", "healthcheck"]
    assert config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_user_may_open_cameras_and_has_a_home(image: Image) -> None:
    script = "id -u; id -Gn; pwd; touch here && rm here; [ ! -w /opt/spot-webcam ] && echo safe"
    user, groups, folder, safe = image.printed("sh", "-c", script).splitlines()
    assert (user, folder, safe) == (str(USER), "/home/spot-webcam", "safe")
    assert "video" in groups.split()


def test_nothing_of_the_build_is_left(image: Image) -> None:
    left = image.printed("sh", "-c", "ls -d /build /app /product 2>/dev/null; true")
    assert left == ""
    script = "import importlib.util as u; print(u.find_spec('pip'), u.find_spec('setuptools'))"
    assert image.printed("python", "-c", script) == "None None\n"


def test_bill_of_materials_lists_what_is_installed(image: Image) -> None:
    document = json.loads(image.printed("cat", "/usr/share/spot-webcam/sbom.cdx.json"))
    names = {component["name"] for component in document["components"]}
    assert {"bosdyn-client", "grpcio", "libc6", "python"} <= names
    assert "setuptools" not in names


def test_help_and_misuse(image: Image) -> None:
    entry = image.config["Entrypoint"]
    assert "--payload-credentials-file" in image.printed(*entry, "--help")
    misused = subprocess.run(image.run(*entry), stderr=subprocess.PIPE, text=True, check=False)
    assert misused.returncode == 2
    assert "no robot" in misused.stderr


def daemon_of(port: int) -> int | None:
    """Return the process that serves for this robot, as the container's user."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_text().split("\0")
            is_users = process.stat().st_uid == USER
        except OSError:
            continue
        if is_users and Path(words[0]).name == "python" and str(port) in words:
            return int(process.name)
    return None


def is_registered(robot: FakeRobot) -> bool:
    return SERVICE_NAME in {service.name for service in robot.services()}


@pytest.mark.parametrize("page", [(), ("--http", "127.0.0.1:0")])
def test_container_serves_is_healthy_and_unregisters(
    image: Image, fake_robot: FakeRobot, page: tuple[str, ...]
) -> None:
    robot = fake_robot
    robot.register_payload(GUID, SECRET)
    secret = image.credentials / "payload"
    secret.unlink(missing_ok=True)
    secret.write_text(f"{GUID}\n{SECRET}\n")
    os.chown(secret, USER, USER)
    secret.chmod(0o400)
    shutil.copy(robot.ca_file, image.credentials / "ca.pem")
    (image.credentials / "ca.pem").chmod(0o644)
    words = (
        *image.config["Entrypoint"], robot.address, "--robot-port", str(robot.port),
        "--robot-ca", "/run/credentials/ca.pem", "--host-ip", robot.address,
        "--payload-credentials-file", "/run/credentials/payload",
        "--device-name", "front=synthetic:?size=64x48&fps=15", *page,
    )  # fmt: skip
    with subprocess.Popen(image.run(*words)) as process:
        try:
            assert eventually(lambda: is_registered(robot))
            assert image.printed("spot-webcam", "healthcheck") == "ok\n"
            pid = daemon_of(robot.port)
            assert pid is not None
            os.kill(pid, signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0
            assert not is_registered(robot)
        finally:
            process.kill()


def test_change_of_code_keeps_the_layer_of_the_dependencies(image: Image, tmp_path: Path) -> None:
    for name in CONTEXT:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    with (tmp_path / "src" / "__init__.py").open("a") as source:
        source.write("\n# Changed.\n")
    log = build(tmp_path, "spot-webcam-changed")
    assert "Downloading numpy" not in log
    changed = json.loads(output("inspect", "--type", "image", "spot-webcam-changed"))
    layers = changed["Docker"]["rootfs"]["diff_ids"]
    # Base, user, dependencies; then the product and its bill of materials.
    assert layers[:3] == image.layers[:3]
    assert layers[3:] != image.layers[3:]
