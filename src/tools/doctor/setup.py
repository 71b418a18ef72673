"""Setup under examination: what `serve` would be given, as far as it can be used."""

import argparse
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from spot_webcam.adapters.bosdyn.server.peer_allowlist import Network, PeerAllowlist, parse_network
from spot_webcam.app.cameras.isolation import Isolation
from spot_webcam.app.cameras.schemes import file_exists
from spot_webcam.app.cli.arguments import (
    checked_host,
    is_link_local,
    payload_credentials,
    robot_address,
)
from spot_webcam.app.cli.command_line import Misused
from spot_webcam.app.cli.serve import DEFAULT_DEVICE
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.domain.sources.naming import Device, parse_device, parse_devices, with_certificates
from spot_webcam.tools.doctor.findings import Finding, error, ok, warning

_MISUSED = "serve ends with 2 and this line"


@dataclass(slots=True)
class Setup:
    """Options of `serve`; what is wrong with one is a finding, and the option is `None`."""

    service_name: str
    authority: str
    port: int
    robot: RobotAddress | None = None
    credentials: PayloadCredentials | None = None
    # Of `--host-ip`.
    host_ip: str | None = None
    devices: list[Device] = field(default_factory=list)
    mode: ModeRequest = field(default_factory=ModeRequest)
    isolation: Isolation = Isolation.AUTO
    on_demand: bool = False
    serve_damaged: bool = False
    allow_from: tuple[Network, ...] = ()
    read_only: bool = False
    findings: list[Finding] = field(default_factory=list)

    def allowlist(self) -> PeerAllowlist:
        """Return the allowlist of `--allow-from`, without the robot's addresses."""
        return PeerAllowlist(parse_network(str(network)) for network in self.allow_from)


def setup_of(options: argparse.Namespace) -> Setup:
    """Return the setup of a command line, with the findings about it."""
    setup = Setup(
        service_name=options.service_name,
        authority=options.authority,
        port=options.port,
        mode=ModeRequest(options.res_width, options.res_height, options.fps, options.codec),
        isolation=Isolation(options.isolate),
        on_demand=options.on_demand,
        serve_damaged=options.serve_damaged,
        allow_from=tuple(options.allow_from),
        read_only=options.read_only,
    )
    findings = setup.findings
    try:
        setup.robot = robot_address(options)
    except Misused as misuse:
        findings.append(error("robot", str(misuse), _MISUSED, "correct it"))
    try:
        setup.credentials = payload_credentials(options)
    except Misused as misuse:
        findings.append(error("credentials", str(misuse), _MISUSED, "correct it"))
    try:
        setup.host_ip = _host_ip(options.host_ip)
    except Misused as misuse:
        findings.append(error("address", str(misuse), _MISUSED, "correct it, or leave it out"))
    setup.devices = list(_devices(options, findings))
    if not 0 <= setup.port <= 65535:
        findings.append(error("port", f"invalid port {setup.port}", _MISUSED, "give 0-65535"))
        setup.port = 0
    findings += examine_secrets(options, setup)
    return setup


def _devices(options: argparse.Namespace, findings: list[Finding]) -> Iterator[Device]:
    """Yield the devices that can be used alone, if not all can be used together."""
    default = [] if options.hotplug else [DEFAULT_DEVICE]
    texts = options.device_name or default
    try:
        devices = parse_devices(texts, file_exists)
        yield from with_certificates(devices, options.trust_certificate)
    except CameraMisconfigured as wrong:
        findings.append(error("cameras", str(wrong), _MISUSED, "correct the name"))
        names: set[str] = set()
        for text in texts:
            try:
                device = parse_device(text, file_exists)
            except CameraMisconfigured:
                continue
            if device.source_name not in names:
                names.add(device.source_name)
                yield device


def _host_ip(text: str | None) -> str | None:
    if text is None:
        return None
    host = checked_host("--host-ip", text, "this computer's address as the robot sees it")
    if is_link_local(host):
        raise Misused(f"--host-ip {host} is valid on one interface alone")
    return host


def examine_secrets(options: argparse.Namespace, setup: Setup) -> Iterator[Finding]:
    """Examine who can read the secrets: arguments of a process, and files."""
    if options.secret:
        yield warning(
            "secrets",
            "--secret is given as an argument",
            "every user of this computer sees it with `ps`",
            "write GUID and secret into a file of mode 600, and give --payload-credentials-file",
        )
    elif options.payload_credentials_file and setup.credentials is not None:
        yield file_mode("secrets", Path(options.payload_credentials_file))
    for device in setup.devices:
        if device.address.is_secret:
            yield warning(
                "secrets",
                f"the address of {device.source_name!r} has parts that may be secret:"
                f" {device.address}",
                "every user of this computer sees them with `ps`",
                "create a user on the camera that may only view",
            )


def file_mode(about: str, file: Path) -> Finding:
    """Return who may read a file with a secret."""
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        return warning(
            about,
            f"{file} has mode {mode:03o}",
            "other users of this computer can read the secret, or replace it",
            f"chmod 600 {file}, as the user of the daemon",
        )
    return ok(about, f"{file} has mode {mode:03o}")
