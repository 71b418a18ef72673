"""Programs written for the SDK, pointed at a fake robot without a change to them or to the SDK."""

from spot_webcam.fakes.sdk_programs.redirection import Redirection
from spot_webcam.fakes.sdk_programs.target import Target

__all__ = ["Redirection", "Target"]
