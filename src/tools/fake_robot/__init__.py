"""`spot-webcam fake-robot`: a robot without legs, alone, under a program, or given orders."""

from spot_webcam.tools.fake_robot.command import add_arguments, run

__all__ = ["add_arguments", "run"]
