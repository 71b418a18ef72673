"""Fixtures for tests against the fake robot; import those you use by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bosdyn.client
import pytest

from spot_webcam.fakes.robot import FakeRobot

_TOKEN_THREAD_TIMEOUT_S = 5.0


@contextmanager
def sdk_robot(fake: FakeRobot) -> Iterator[Any]:
    """Give an SDK `Robot` at the fake one, not logged in; its threads and channels end with it."""
    sdk = bosdyn.client.create_standard_sdk(
        "fake-robot-client", cert_resource_glob=str(fake.ca_file)
    )
    robot = sdk.create_robot(fake.address)
    robot.update_secure_channel_port(fake.port)
    try:
        yield robot
    finally:
        tokens = robot._token_manager  # noqa: SLF001 - the SDK stops its thread, but never joins it
        with robot:
            robot.shutdown()
        if tokens is not None:
            tokens.th.join(_TOKEN_THREAD_TIMEOUT_S)


@pytest.fixture
def fake_robot() -> Iterator[FakeRobot]:
    """A started `FakeRobot`, stopped afterwards."""
    with FakeRobot() as robot:
        yield robot


@pytest.fixture
def fake_robot_sdk(fake_robot: FakeRobot) -> Iterator[Any]:
    """An SDK `Robot` logged in to `fake_robot` as its user."""
    with sdk_robot(fake_robot) as robot:
        robot.authenticate("user", "password")
        yield robot
