"""The SDK's own client of a fake robot in the same process."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bosdyn.client
from bosdyn.client import channel

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
    # A program under `spot-webcam fake-robot run` is led to that fake robot instead, but for these.
    place = (fake.address, fake.port)
    exempt: set[tuple[str, int]] = getattr(channel.create_secure_channel, "own_fake_robots", set())
    exempt.add(place)
    try:
        yield robot
    finally:
        exempt.discard(place)
        tokens = robot._token_manager  # noqa: SLF001 - the SDK stops its thread, but never joins it
        with robot:
            robot.shutdown()
        if tokens is not None:
            tokens.th.join(_TOKEN_THREAD_TIMEOUT_S)
