"""SDK client of a fake robot in the same process."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bosdyn.client
from bosdyn.client import channel

from spot_webcam.domain.robot_access import bracketed
from spot_webcam.fakes.robot import FakeRobot

_TOKEN_THREAD_TIMEOUT_S = 5.0


@contextmanager
def sdk_robot(fake: FakeRobot) -> Iterator[Any]:
    """Yield an SDK `Robot` connected to the fake robot, not logged in; shut it down at the end."""
    sdk = bosdyn.client.create_standard_sdk(
        "fake-robot-client", cert_resource_glob=str(fake.ca_file)
    )
    address = bracketed(fake.address)
    robot = sdk.create_robot(address)
    robot.update_secure_channel_port(fake.port)
    # `spot-webcam fake-robot run` redirects all other channels to its own fake robot.
    endpoint = (address, fake.port)
    exempt: set[tuple[str, int]] = getattr(channel.create_secure_channel, "own_fake_robots", set())
    exempt.add(endpoint)
    try:
        yield robot
    finally:
        exempt.discard(endpoint)
        tokens = robot._token_manager  # noqa: SLF001 - the SDK stops its thread, but never joins it
        with robot:
            robot.shutdown()
        if tokens is not None:
            tokens.th.join(_TOKEN_THREAD_TIMEOUT_S)
