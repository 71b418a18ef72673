from __future__ import annotations

import pytest


@pytest.fixture
def client(fake_robot_sdk):
    fake_robot_sdk.time_sync.wait_for_sync()
    return fake_robot_sdk.ensure_client("data-acquisition")


@pytest.fixture
def store(fake_robot_sdk):
    return fake_robot_sdk.ensure_client("data-acquisition-store")


@pytest.fixture
def tiny(tiny_service, fake_robot_sdk):
    """A registered image service of one picture, `tiny`, that waits for `go`."""
    tiny_service.register(fake_robot_sdk, "cam", authority="robot-cam")
    return tiny_service.images
