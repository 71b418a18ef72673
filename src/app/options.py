"""Options of the daemon, whether from flags or from a configuration file."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from spot_webcam.app.cameras.options import CameraOptions, CaptureOptions
from spot_webcam.app.robot.timeouts import RobotTimeouts
from spot_webcam.app.settings import Limits, Timeouts
from spot_webcam.app.web import WebOptions
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.domain.sources.naming import Device

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

SERVICE_NAME = "web-cam-service"
AUTHORITY = "robot-web-cam"


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Options of `serve`."""

    robot: RobotAddress
    credentials: PayloadCredentials
    # This computer's address as the robot reaches it; `None`: the one from which it is reached.
    host_ip: str | None
    cameras: tuple[CameraOptions, ...]
    port: int = 0
    service_name: str = SERVICE_NAME
    authority: str = AUTHORITY
    # Patterns of the names of cameras that are served when they are plugged in, and their options.
    hotplug: tuple[str, ...] = ()
    hotplugged: CaptureOptions = field(default_factory=CaptureOptions)
    # Whether to replace a running daemon of this service name; `None`: wait for its end.
    takeover: bool | None = None
    # Networks that are answered beside the robot; all if empty.
    allow_from: tuple[Network, ...] = ()
    # Whether to register the data acquisition plugin, too.
    live_data: bool = False
    # The HTTP server; `None`: there is none.
    http: WebOptions | None = None
    limits: Limits = field(default_factory=Limits)
    timeouts: Timeouts = field(default_factory=Timeouts)
    robot_timeouts: RobotTimeouts = field(default_factory=RobotTimeouts)


def cameras_of(
    devices: Iterable[Device], capture: CaptureOptions | None = None
) -> tuple[CameraOptions, ...]:
    """Return the cameras of devices that share all other options."""
    capture = capture or CaptureOptions()
    return tuple(CameraOptions(device, capture) for device in devices)
