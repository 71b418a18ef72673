from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from bosdyn.client.directory_registration import (
    DirectoryRegistrationClient,
    DirectoryRegistrationKeepAlive,
)
from bosdyn.client.server_util import GrpcServiceRunner

from spot_webcam.fakes.pytest_fixtures import (
    fake_robot,
    fake_robot_environment,
    fake_robot_sdk,
    sdk_robot,
)
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.image_service_helpers import CameraBaseImageServicer, VisualImageSource
from tests.sdk_runner import image_service_runner

__all__ = ["fake_robot", "fake_robot_environment", "fake_robot_sdk"]

GUID = "44444444-5555-6666-7777-888888888888"
SECRET = "a-secret-of-this-test"
SERVICE = "thermal-service"
AUTHORITY = "thermal"


@dataclass
class Program:
    """A program for a camera, in its usual order."""

    robot: Any
    stack: ExitStack

    def serve(self, *sources: VisualImageSource, **options: Any) -> CameraBaseImageServicer:
        """Start a servicer; it is stopped afterwards."""
        servicer = CameraBaseImageServicer(self.robot, SERVICE, sources, **options)
        self.stack.callback(servicer.stop)
        return servicer

    def run(self, servicer: CameraBaseImageServicer) -> GrpcServiceRunner:
        """Give it a port, and register that with the robot until the end of the test."""
        runner = self.stack.enter_context(image_service_runner(servicer))
        client = self.robot.ensure_client(DirectoryRegistrationClient.default_service_name)
        keep_alive = DirectoryRegistrationKeepAlive(client)
        keep_alive.start(
            SERVICE, "bosdyn.api.ImageService", AUTHORITY, self.robot.address, runner.port
        )
        self.stack.callback(keep_alive.unregister)
        self.stack.callback(keep_alive.shutdown)
        return runner


@pytest.fixture
def program(fake_robot: FakeRobot) -> Iterator[Program]:
    """A program that is logged in as its payload."""
    fake_robot.register_payload(GUID, SECRET)
    with sdk_robot(fake_robot) as robot:
        robot.authenticate_from_payload_credentials(GUID, SECRET, retry_interval=0.0)
        with ExitStack() as stack:
            yield Program(robot, stack)


@pytest.fixture
def client(program: Program, fake_robot_sdk: Any) -> Callable[..., Any]:
    """Serve sources, and give the SDK's image client of an operator."""

    def connect(*sources: VisualImageSource, **options: Any) -> Any:
        program.run(program.serve(*sources, **options))
        fake_robot_sdk.sync_with_directory()
        return fake_robot_sdk.ensure_client(SERVICE)

    return connect
