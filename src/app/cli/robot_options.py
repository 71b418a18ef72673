"""What commands that reach a robot read from their command line alike."""

import argparse
from pathlib import Path

from spot_webcam.adapters.bosdyn.robot.link import PayloadCredentials, check_ca_file
from spot_webcam.app.cli.command_line import Misused
from spot_webcam.app.cli.text_file import UnreadableFile, read_text_file
from spot_webcam.domain.sources.address import DeviceAddress


def payload_credentials(options: argparse.Namespace) -> PayloadCredentials:
    """Return GUID and secret of the command line, or those of the file that it names.

    Raises:
        Misused: the file cannot be read, or lacks one of them; the text holds neither.
    """
    if options.guid or options.secret:
        return PayloadCredentials(options.guid, options.secret)
    file = Path(options.payload_credentials_file)
    option = f"--payload-credentials-file {DeviceAddress(options.payload_credentials_file)}"
    # As the SDK reads it: what follows the second line does not count.
    guid, secret = [*(line.strip() for line in _text(option, file).split("\n")), ""][:2]
    if guid and secret:
        return PayloadCredentials(guid, secret)
    if guid:
        found = "holds no secret on its second line"
    else:
        found = "holds no GUID on its first line" if secret else "is empty"
    raise Misused(
        f"{option} {found}: it must hold the GUID on its first line and the secret on its second"
    )


def check_robot_ca(file: Path | None) -> None:
    """Check the file of `--robot-ca`, if one was given.

    Raises:
        Misused: it cannot be read, or is no certificate.
    """
    if file is None:
        return
    _text(f"--robot-ca {DeviceAddress(str(file))}", file)
    try:
        check_ca_file(file)
    except ValueError as error:
        raise Misused(f"--robot-ca {error}") from error


def _text(option: str, file: Path) -> str:
    try:
        return read_text_file(file)
    except UnreadableFile as error:
        raise Misused(f"{option} {error}") from error
