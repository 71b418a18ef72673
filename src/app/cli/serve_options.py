"""Options of `serve`: flags override the configuration file, and the file the defaults."""

import argparse
import os
import platform
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from spot_webcam.app.cameras.isolation import Isolation, is_available
from spot_webcam.app.cameras.options import CameraOptions, CaptureOptions
from spot_webcam.app.cameras.schemes import file_exists
from spot_webcam.app.cli.arguments import (
    HOST_NAME,
    checked_port,
    host_ip,
    payload_credentials,
    quoted,
    robot_address,
)
from spot_webcam.app.cli.command_line import Misused
from spot_webcam.app.cli.http_options import http_options
from spot_webcam.app.config.configuration import Configuration
from spot_webcam.app.options import AUTHORITY, SERVICE_NAME, ServeOptions, cameras_of
from spot_webcam.app.runtime.log_formats import LogFormat
from spot_webcam.app.runtime.memory import limits_within, memory_limit_bytes
from spot_webcam.domain.errors import CameraMisconfigured, as_unicode
from spot_webcam.domain.robot_access import PayloadCredentials
from spot_webcam.domain.sources.naming import parse_devices, with_certificates

# Read unless --config names another file.
DEFAULT_FILE = Path("/etc/spot-webcam.toml")
DEFAULT_DEVICE = "/dev/video0"
DEFAULTS: Mapping[str, object] = {
    "robot_port": 443,
    "port": 0,
    "service_name": SERVICE_NAME,
    "authority": AUTHORITY,
    "allow_from": (),
    "hotplug": (),
    "verbose": False,
    "log_format": LogFormat.TEXT.value,
}
GUID_VARIABLE, SECRET_VARIABLE = "SPOT_WEBCAM_GUID", "SPOT_WEBCAM_SECRET"


def configuration_file(given: Path | None, default: Path = DEFAULT_FILE) -> Path | None:
    """Return the configuration file to read, `None` if there is none."""
    return given or (default if default.exists() else None)


def read_configuration(file: Path | None, *, is_check: bool = False) -> Configuration:
    """Return what the file says; a check does without systemd's credentials.

    Raises:
        Misused: it cannot be used; the text has a line for each reason.
    """
    if file is None:
        return Configuration()
    # Only now: to import pydantic takes as long as all the rest of a command.
    from spot_webcam.app.config.load import load  # noqa: PLC0415
    from spot_webcam.app.config.problems import BadConfiguration  # noqa: PLC0415

    try:
        return load(file, is_check=is_check)
    except BadConfiguration as error:
        raise Misused(str(error)) from error


def serve_options(flags: argparse.Namespace, configuration: Configuration) -> ServeOptions:
    """Return the options of a command line and a file.

    Raises:
        Misused: they are invalid, or something is missing.
    """
    options = merged(flags, configuration)
    cameras = cameras_to_serve(flags, configuration)
    if options.hotplug and platform.system() != "Linux":
        raise Misused("--hotplug needs Linux: name the cameras with --device-name")
    if options.hostname is None:
        raise Misused("no robot: expected its address, as ROBOT or as hostname in [robot]")
    credentials = credentials_of(options)
    _check_names(options)
    robot = robot_address(options)
    return ServeOptions(
        robot=robot,
        credentials=credentials,
        host_ip=host_ip(options.host_ip, robot),
        cameras=cameras,
        port=checked_port(options.port),
        service_name=options.service_name,
        authority=options.authority,
        hotplug=tuple(options.hotplug),
        hotplugged=_overridden(CaptureOptions(), flags),
        takeover=options.takeover,
        allow_from=tuple(options.allow_from),
        live_data=bool(options.live_data),
        http=http_options(options),
        limits=limits_within(memory_limit_bytes()),
    )


def merged(flags: argparse.Namespace, configuration: Configuration) -> argparse.Namespace:
    """Return the flags; where one is not given, the file's value, else the default."""
    values = dict(DEFAULTS)
    values |= {name: value for name, value in configuration.flags.items() if value is not None}
    values |= {name: value for name, value in vars(flags).items() if value is not None}
    return argparse.Namespace(**{**vars(flags), **values})


def cameras_to_serve(
    flags: argparse.Namespace, configuration: Configuration
) -> tuple[CameraOptions, ...]:
    """Return the cameras of the flags if they name any, else those of the file.

    Raises:
        Misused: a flag is invalid.
    """
    names = flags.device_name or []
    is_plugged_in = merged(flags, configuration).hotplug
    if not names and not configuration.cameras and not is_plugged_in:
        names = [DEFAULT_DEVICE]
    try:
        cameras = cameras_of(parse_devices(names, file_exists)) or configuration.cameras
        certificates = flags.trust_certificate or []
        named = {text.partition("=")[0] for text in certificates}
        devices = [camera.device for camera in cameras]
        devices = [
            replace(device, certificate="") if device.source_name in named else device
            for device in devices
        ]
        devices = with_certificates(devices, certificates)
    except CameraMisconfigured as error:
        raise Misused(str(error)) from error
    return tuple(
        CameraOptions(device, _overridden(camera.capture, flags))
        for device, camera in zip(devices, cameras, strict=True)
    )


def _overridden(capture: CaptureOptions, flags: argparse.Namespace) -> CaptureOptions:
    """Return the options of a camera with those of the flags in their place."""
    mode = {"cols": flags.res_width, "rows": flags.res_height, "fps": flags.fps}
    mode["codec"] = flags.codec
    mode = {name: value for name, value in mode.items() if value is not None}
    return replace(
        capture,
        mode=replace(capture.mode, **mode),
        isolation=_isolation(flags.isolate) or capture.isolation,
        on_demand=flags.on_demand or capture.on_demand,
        serve_damaged=flags.serve_damaged or capture.serve_damaged,
        transcode=flags.transcode or capture.transcode,
        restore_controls=flags.restore_controls or capture.restore_controls,
    )


def _isolation(word: str | None) -> Isolation | None:
    if word is None:
        return None
    isolation = Isolation(word)
    if isolation is Isolation.ALWAYS and not is_available():
        raise Misused("--isolate always needs Linux: leave it out")
    return isolation


def credentials_of(options: argparse.Namespace) -> PayloadCredentials:
    """Return the credentials of merged options, or of the environment.

    Raises:
        Misused: there are none, or they cannot be read.
    """
    if options.guid is not None and not (options.guid and options.secret):
        raise Misused(
            "--guid and --secret belong together: expected both, or --payload-credentials-file"
        )
    if options.guid is None and options.payload_credentials_file is None:
        guid, secret = (os.environ.get(name) for name in (GUID_VARIABLE, SECRET_VARIABLE))
        if guid and secret:
            return PayloadCredentials(guid, secret)
        raise Misused(
            "no credentials: expected --payload-credentials-file, --guid and --secret, file in"
            f" [credentials], or {GUID_VARIABLE} and {SECRET_VARIABLE} in the environment"
        )
    if options.guid is None and not options.payload_credentials_file:
        raise Misused("--payload-credentials-file is empty: expected the name of a file")
    return payload_credentials(options)


def _check_names(options: argparse.Namespace) -> None:
    if not options.service_name.strip():
        raise Misused("--service-name must not be empty: leave it out for the default")
    for option in ("service_name", "guid", "secret"):
        given = getattr(options, option) or ""
        if as_unicode(given) != given:
            raise Misused(f"--{option.replace('_', '-')} is no UTF-8 text: write it again")
    if not HOST_NAME.fullmatch(options.authority):
        raise Misused(
            f"invalid --authority {quoted(options.authority)}: expected a host name of letters,"
            " digits, - and ."
        )
