"""What commands that reach a robot read from their command line alike."""

import argparse
from pathlib import Path

from bosdyn.client import util

from spot_webcam.adapters.bosdyn.robot.link import PayloadCredentials, check_ca_file
from spot_webcam.app.cli.command_line import Misused


def payload_credentials(options: argparse.Namespace) -> PayloadCredentials:
    """Return GUID and secret as the SDK's own arguments give them, or the file they name.

    Raises:
        Misused: the file cannot be read, or holds none.
    """
    try:
        guid, secret = util.get_guid_and_secret(options)
    except (OSError, ValueError):
        # Not the error's own text: the SDK's may hold the secret.
        raise Misused(
            f"{options.payload_credentials_file} gives no credentials: it must hold the GUID on"
            " its first line and the secret on its second"
        ) from None
    return PayloadCredentials(guid, secret)


def check_robot_ca(file: Path | None) -> None:
    """Check the file of `--robot-ca`, if one was given.

    Raises:
        Misused: it cannot be read, or is no certificate.
    """
    if file is None:
        return
    try:
        check_ca_file(file)
    except OSError as error:
        raise Misused(f"--robot-ca {file}: {error.strerror}") from error
    except ValueError as error:
        raise Misused(f"--robot-ca {error}") from error
