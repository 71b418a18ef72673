"""What a configuration file says, in the terms of the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from spot_webcam.app.cameras.options import CameraOptions


@dataclass(frozen=True, slots=True)
class Configuration:
    """Cameras, and values of flags by their names in the parsed command line.

    `credentials` are the names of those that systemd is to pass.
    """

    flags: Mapping[str, object] = field(default_factory=dict)
    cameras: tuple[CameraOptions, ...] = ()
    credentials: tuple[str, ...] = ()
