import http.client
import ssl

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


@pytest.fixture
def get(fake_robot, fake_robot_sdk):
    """Send a GET request as the user, and return status, body and headers."""

    def get(target, token=None):
        context = ssl.create_default_context(cafile=str(fake_robot.ca_file))
        token = fake_robot_sdk.user_token if token is None else token
        connection = http.client.HTTPSConnection(
            "127.0.0.1", fake_robot.rest_port, timeout=10, context=context
        )
        try:
            connection.request("GET", target, headers={"Authorization": f"Bearer {token}"})
            response = connection.getresponse()
            return response.status, response.read(), response.headers
        finally:
            connection.close()

    return get
