"""Authorities that a new connection may use, by the server certificate."""

import socket
import ssl

import pytest

TYPE = "bosdyn.api.ImageService"
ENDPOINT = ("127.0.0.1", 9)


@pytest.fixture
def is_named(fake_robot):
    """Tell whether a client that looks for this name trusts the robot."""

    def is_named(authority):
        context = ssl.create_default_context(cafile=str(fake_robot.ca_file))
        context.set_alpn_protocols(["h2"])
        with socket.create_connection((fake_robot.address, fake_robot.port), 10) as plain:
            try:
                context.wrap_socket(plain, server_hostname=authority).close()
            except ssl.SSLCertVerificationError:
                return False
        return True

    return is_named


@pytest.fixture
def registration(fake_robot_sdk):
    return fake_robot_sdk.ensure_client("directory-registration")


def test_own_services_and_the_usual_camera_are_named_from_the_start(is_named):
    for authority in ("api.spot.robot", "auth.spot.robot", "robot-web-cam"):
        assert is_named(authority)
    assert not is_named("lamp")


def test_name_is_there_for_the_first_connection_after_its_registration(is_named, registration):
    for number in range(5):
        assert not is_named(f"lamp-{number}")
        registration.register(f"lamp-{number}", TYPE, f"lamp-{number}", *ENDPOINT)
        assert is_named(f"lamp-{number}")


def test_name_stays_without_its_service_and_over_a_reboot(fake_robot, is_named, registration):
    registration.register("lamp", TYPE, "lamp", *ENDPOINT)
    assert is_named("lamp")
    registration.unregister("lamp")
    assert is_named("lamp")
    fake_robot.reboot()
    assert is_named("lamp")
