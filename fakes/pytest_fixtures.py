"""Fixtures of `pytest_plugin`, for imports by name where plugins are switched off."""

from spot_webcam.fakes.pytest_plugin import fake_robot, fake_robot_environment, fake_robot_sdk
from spot_webcam.fakes.robot_access import sdk_robot

__all__ = ["fake_robot", "fake_robot_environment", "fake_robot_sdk", "sdk_robot"]
