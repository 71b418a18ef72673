"""The HTTP API that controls a fake robot from outside."""

from spot_webcam.fakes.robot.control.server import ControlServer

__all__ = ["ControlServer"]
