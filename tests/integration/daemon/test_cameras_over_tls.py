"""The daemon with a camera over HTTPS, whose certificate is its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bosdyn.api import image_pb2

from spot_webcam.fakes.cameras import jpeg_frame, parse_synthetic_device
from spot_webcam.fakes.cameras.network import Guard, HttpCameraServer
from spot_webcam.fakes.robot import FakeRobot
from tests.timing import PATIENCE_S

pytestmark = pytest.mark.slow
DEVICE = parse_synthetic_device("synthetic:?size=64x48&codec=mjpg")
PASSWORD = "2024#Cam secret"


@pytest.mark.parametrize("isolate", ["auto", "always"])
def test_camera_with_a_certificate_of_its_own_is_served_once_it_is_trusted(
    robot: FakeRobot,
    command: Any,
    connect: Callable[..., Any],
    serve_flags: list[str],
    isolate: str,
) -> None:
    pictures = [jpeg_frame(DEVICE, sequence) for sequence in range(20)]
    guard = Guard("admin", PASSWORD, "Digest SHA-256")
    with HttpCameraServer(pictures, 0.05, guard=guard, tls=True) as server:
        device = f"--device-name=front={server.url_of(f'admin:{PASSWORD}')}"
        words = (*serve_flags, "--isolate", isolate, device)
        process = command.start(*words)
        printed = process.wait_for("--trust-certificate NAME=sha256:")
        fingerprint = printed.partition("NAME=")[2].split()[0].rstrip(",;.")
        process.popen.terminate()
        assert process.end().code == 0
        assert guard.accepted == []

        process = command.start(*words, "--trust-certificate", f"front={fingerprint}")
        assert robot.wait_for(lambda: bool(guard.accepted), PATIENCE_S)
        process.wait_for("front: opened")
        process.wait_for("registered")
        answer = connect(robot).ask("front", image_format=image_pb2.Image.FORMAT_JPEG)
        assert answer.shot.image.data in pictures
        process.popen.terminate()
        ended = process.end()
        assert ended.code == 0
        assert PASSWORD not in ended.err + printed
