"""What the SDK's helper fails at when its camera does all right; what stands in for it does not.

docs/checking.md shows the first one's table.
"""

from typing import Any

from bosdyn.client import image_service_helpers as of_the_sdk

from spot_webcam import image_service_helpers as ours
from spot_webcam.fakes.robot import FakeRobot
from tests.integration.check.conftest import Check
from tests.integration.check.sdk_helper import helper


def test_sdk_helper_fails_at_these_lines(
    fake_robot: FakeRobot, fake_robot_sdk: Any, check: Check
) -> None:
    with helper(fake_robot_sdk, of_the_sdk):
        outcome = check()
    failed = outcome.lines("fail")
    assert failed.keys() == {"fallback", "bad image format", "bad ratio", "no faults by clients"}
    assert "Exception calling application" in failed["bad image format"]
    assert failed["bad ratio"].startswith("ratio nan")
    assert "Decoding Image front Failure" in failed["no faults by clients"]
    assert outcome.warnings() == {"header": "the header's response_timestamp is not set"}


def test_what_stands_in_for_it_passes(
    fake_robot: FakeRobot, fake_robot_sdk: Any, check: Check
) -> None:
    with helper(fake_robot_sdk, ours):
        outcome = check()
    assert outcome.lines("fail") == {}
    assert outcome.warnings() == {}


def test_sdk_helper_hands_out_the_last_picture_of_a_camera_that_stalled(
    fake_robot: FakeRobot, fake_robot_sdk: Any, check: Check
) -> None:
    with helper(fake_robot_sdk, of_the_sdk) as camera:
        camera.stall()
        outcome = check("--duration", "2")
    # Beyond 5 s, which a busy host may need, its age fails.
    found = "; ".join(outcome.lines(verdict).get("times", "") for verdict in ("warn", "fail"))
    assert "the same picture for" in found
    assert "a picture was" in found
