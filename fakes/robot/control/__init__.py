"""HTTP API that controls a fake robot from other processes."""

from spot_webcam.fakes.robot.control.server import ControlServer

__all__ = ["ControlServer"]
