"""Redirection of unchanged SDK programs to a fake robot."""

from spot_webcam.fakes.sdk_programs.redirection import Redirection
from spot_webcam.fakes.sdk_programs.target import Target

__all__ = ["Redirection", "Target"]
