"""Every command of the README works, word for word, against a fake robot."""

import os
import re
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from spot_webcam.fakes.robot import FakeRobot
from tests.documents import ROOT, commands
from tests.integration.daemon.web import Page
from tests.timing import PATIENCE_S, eventually

README = [command.line for command in commands(ROOT / "README.md")]
# Run by other tests, or, for make test, by the caller of this test.
ELSEWHERE = {
    "make demo": "test_demo.py",
    "make test": "this suite",
    "pip install .": "test_wheel.py",
    "spot-webcam fake-robot --ca-file robot-ca.pem": "daemon/test_process.py",
}
# What a reader fills in.
ROBOT = "127.0.0.1"

# What the SDK's commands say when they worked.
TELLS = {
    "payload register": "successfully registered",
    "fake-robot run": "synthetic",
    "list-sources": "video0",
}


@pytest.fixture
def robot(fake_robot: FakeRobot) -> FakeRobot:
    return fake_robot


@pytest.fixture
def environment(fake_robot_environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Let the SDK's programs find the fake robot, and bash find them."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**fake_robot_environment, "PATH": path, "HOME": str(tmp_path)}


def test_the_readme_leads_from_nothing_to_a_picture(
    robot: FakeRobot, environment: dict[str, str], tmp_path: Path
) -> None:
    serving: list[subprocess.Popen[str]] = []
    reported = [one for one in README if one not in ELSEWHERE and "--http" not in one]
    assert len(reported) == 9
    try:
        for command in reported:
            words = re.sub(r"\bROBOT\b", ROBOT, command)
            # Bringing pip takes seconds of processor time; test_wheel.py installs with it.
            words = words.replace("-m venv ", "-m venv --without-pip ")
            if words.startswith("spot-webcam serve"):
                serving.append(_serve(words, robot, environment, tmp_path))
                continue
            brings_a_robot = "fake-robot run" in words
            ended = subprocess.run(
                ["/bin/bash", "-c", words],
                cwd=tmp_path,
                env={**os.environ, "PATH": environment["PATH"]} if brings_a_robot else environment,
                capture_output=True,
                text=True,
                # Some of the SDK's commands end with 1 when all went well.
                check="bosdyn.client" not in words,
                timeout=PATIENCE_S,
            )
            assert "Traceback" not in ended.stderr
            assert next((text for part, text in TELLS.items() if part in words), "") in ended.stdout
            if "payload register" in words:
                [payload] = robot.payloads()
                robot.authorize(payload.guid)  # the operator, on the robot's web page
    finally:
        for process in serving:
            process.terminate()
            process.wait(PATIENCE_S)
    assert cv2.imread(str(tmp_path / "image-video0.jpg")).shape == (480, 640, 3)
    assert [process.returncode for process in serving] == [0]


def test_the_readme_leads_to_a_page_with_three_cameras(
    robot: FakeRobot, environment: dict[str, str], tmp_path: Path
) -> None:
    [words] = [one for one in README if "--http" in one]
    robot.register_payload("fake-payload", "fake-secret", authorized=True)
    for written, here in (
        ("--robot-port 50443", f"--robot-port {robot.port}"),
        ("--robot-ca robot-ca.pem", f"--robot-ca {robot.ca_file}"),
        ("--http 8080", "--http 0"),
        ("unplug@20s", "unplug@2s"),
    ):
        assert written in words
        words = words.replace(written, here)
    process = subprocess.Popen(
        ["/bin/bash", "-c", f"exec {words}"],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        page = Page(next(line for line in lines if "page at " in line).split()[-1])

        def states() -> dict[str, str]:
            sources = page.get("/api/v1/sources").json
            return {source["name"]: source["state"] for source in sources}

        assert "right" in next(line for line in lines if "the camera is unplugged" in line)
        wanted = {"front": "good", "left": "good", "right": "failed"}
        assert eventually(lambda: states() == wanted)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0


def _serve(
    words: str, robot: FakeRobot, environment: dict[str, str], folder: Path
) -> "subprocess.Popen[str]":
    """Start the README's daemon: only robot, port and camera are others here."""
    words = words.replace("--port 21000", "--port 0").replace("/dev/video0", "video0=synthetic:")
    process = subprocess.Popen(
        [
            *words.split(),
            *("--robot-port", str(robot.port), "--robot-ca", str(robot.ca_file)),
        ],
        cwd=folder,
        env=environment,
        text=True,
    )
    assert robot.wait_for(robot.services, PATIENCE_S)
    return process
