"""Setup under examination: what `serve` would be given, as far as it can be used."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from spot_webcam.adapters.bosdyn.server.peer_allowlist import PeerAllowlist, parse_network
from spot_webcam.app.cameras.options import CameraOptions
from spot_webcam.app.cameras.schemes import file_exists
from spot_webcam.app.cli.arguments import checked_port, host_ip, robot_address
from spot_webcam.app.cli.command_line import Misused
from spot_webcam.app.cli.http_options import http_options
from spot_webcam.app.cli.serve_options import (
    cameras_to_serve,
    configuration_file,
    credentials_of,
    merged,
    read_configuration,
)
from spot_webcam.app.config.configuration import Configuration
from spot_webcam.app.options import Network, cameras_of
from spot_webcam.app.web import WebOptions
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.domain.sources.naming import Device, parse_device
from spot_webcam.tools.doctor.findings import Finding, error, ok
from spot_webcam.tools.doctor.secret_files import examine_secrets

_MISUSED = "serve ends with 2 and this line"

_T = TypeVar("_T")


@dataclass(slots=True)
class Setup:
    """Options of `serve`; what is wrong with one is a finding, and the option is `None`."""

    service_name: str
    authority: str
    port: int = 0
    robot: RobotAddress | None = None
    credentials: PayloadCredentials | None = None
    # Of `--host-ip`.
    host_ip: str | None = None
    cameras: tuple[CameraOptions, ...] = ()
    allow_from: tuple[Network, ...] = ()
    http: WebOptions | None = None
    read_only: bool = False
    findings: list[Finding] = field(default_factory=list)

    @property
    def devices(self) -> list[Device]:
        """The devices of the cameras."""
        return [camera.device for camera in self.cameras]

    def allowlist(self) -> PeerAllowlist:
        """Return the allowlist of `--allow-from`, without the robot's addresses."""
        return PeerAllowlist(parse_network(str(network)) for network in self.allow_from)


def setup_of(flags: argparse.Namespace) -> Setup:
    """Return the setup of a command line and its file, with the findings about both."""
    findings: list[Finding] = []

    def found(about: str, value: Callable[[], _T], otherwise: _T) -> _T:
        """Return a value, or another if that is a finding, a line of which is one problem."""
        try:
            return value()
        except Misused as misuse:
            lines = str(misuse).splitlines()
            problems = lines[1:] or lines  # the first one is a heading
            findings.extend(error(about, line, _MISUSED, "correct it") for line in problems)
            return otherwise

    file = configuration_file(flags.config)
    configuration = found("config", lambda: read_configuration(file), Configuration())
    is_broken = bool(findings)
    if file is not None and not is_broken:
        findings.append(ok("config", f"{file} is valid"))
    options = merged(flags, configuration)
    # What such a file would have said is not missing.
    has_robot = options.hostname is not None or not is_broken
    has_credentials = bool(options.guid or options.payload_credentials_file) or not is_broken
    has_cameras = bool(flags.device_name) or not is_broken
    setup = Setup(
        options.service_name,
        options.authority,
        found("port", lambda: checked_port(options.port), 0),
        found("robot", lambda: _robot(options), None) if has_robot else None,
        found("credentials", lambda: credentials_of(options), None) if has_credentials else None,
        cameras=found("cameras", lambda: cameras_to_serve(flags, configuration), ())
        if has_cameras
        else (),
        allow_from=tuple(options.allow_from),
        http=found("http", lambda: http_options(options), None),
        read_only=flags.read_only,
        findings=findings,
    )
    robot = setup.robot
    if robot is not None:
        setup.host_ip = found("address", lambda: host_ip(options.host_ip, robot), None)
    if not setup.cameras and flags.device_name:
        setup.cameras = cameras_of(_usable(flags.device_name))
    findings += examine_secrets(options, file, setup.devices if flags.device_name else [])
    return setup


def _robot(options: argparse.Namespace) -> RobotAddress:
    if options.hostname is None:
        raise Misused("no robot: expected its address, as ROBOT or as hostname in [robot]")
    return robot_address(options)


def _usable(texts: list[str]) -> list[Device]:
    """Return the devices that can be used alone, if not all can be used together."""
    devices: dict[str, Device] = {}
    for text in texts:
        try:
            device = parse_device(text, file_exists)
        except CameraMisconfigured:
            continue
        devices.setdefault(device.source_name, device)
    return list(devices.values())
