"""Our own daemon passes its own check, with cameras of every kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from spot_webcam.app.daemon import Daemon
from spot_webcam.app.options import SERVICE_NAME, ServeOptions, cameras_of
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.domain.sources.naming import parse_devices
from spot_webcam.fakes.robot import FakeRobot
from tests.integration.check.conftest import Check
from tests.timing import PATIENCE_S

GUID, SECRET = "22222222-3333-4444-5555-666666666666", "a-secret-of-this-test"
CAMERAS = (
    "colour=synthetic:?size=160x120",
    "jpeg=synthetic:?codec=mjpg&size=160x120",
    "grey=synthetic:?layout=grey8&size=160x120",
    "depth=synthetic:?layout=depth16&size=160x120",
    "alpha=synthetic:?layout=rgba8&size=160x120",
)


@pytest.fixture
def daemon(fake_robot: FakeRobot, devices: tuple[str, ...]) -> Iterator[Daemon]:
    fake_robot.register_payload(GUID, SECRET)
    address = RobotAddress(fake_robot.address, fake_robot.port, fake_robot.ca_file)
    credentials = PayloadCredentials(GUID, SECRET)
    cameras = cameras_of(parse_devices(devices))
    daemon = Daemon(ServeOptions(address, credentials, fake_robot.address, cameras))
    daemon.start()
    try:
        assert daemon.registered.wait(PATIENCE_S)
        yield daemon
    finally:
        daemon.stop()


@pytest.mark.parametrize("devices", [CAMERAS])
def test_every_kind_of_camera_passes(daemon: Daemon, check: Check) -> None:
    words = ("--duration", "0.5", "--check-data-acquisition")
    outcome = check(*words, service=SERVICE_NAME)
    assert outcome.lines("fail") == {}
    assert outcome.warnings() == {}
    assert {"colour order", "data acquisition"} <= outcome.lines("pass").keys()
    assert outcome.code == 0


@pytest.mark.parametrize("devices", [("colour=synthetic:?size=160x120",)])
def test_our_parameters_change_the_picture_and_are_put_back(daemon: Daemon, check: Check) -> None:
    outcome = check("--duration", "0.5", "--change-parameters", service=SERVICE_NAME)
    assert outcome.lines("fail") == {}
    assert outcome.warnings() == {}
    assert "brightness" in outcome.lines("pass")["changed parameters"]


@pytest.mark.parametrize("devices", [("gone=synthetic:?script=absent@0s", CAMERAS[0])])
def test_camera_that_is_away_fails_alone(daemon: Daemon, check: Check) -> None:
    outcome = check("--duration", "0.5", service=SERVICE_NAME)
    failed = outcome.lines("fail")
    assert "IMAGE_DATA_ERROR" in failed["a picture"]
    assert failed.keys() <= {"a picture", "no faults before"}
    assert outcome.lines("skip")["colour order"] == "it gives no pictures"
    assert outcome.code == 1


@pytest.mark.parametrize("devices", [CAMERAS[:1]])
def test_payload_learns_that_it_needs_a_user(daemon: Daemon, check: Check) -> None:
    outcome = check("--guid", GUID, "--secret", SECRET, service=SERVICE_NAME)
    [line] = [line for line in outcome.document["lines"] if line["verdict"] == "fail"]
    assert "PERMISSION_DENIED" in line["reason"]
    assert "log in as a user" in line["advice"]
