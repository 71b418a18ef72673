"""Command-line arguments that several commands share, and their checks."""

import argparse
import ssl
from pathlib import Path

from bosdyn.client import util

from spot_webcam.app.cli.command_line import Misused
from spot_webcam.domain.robot_access import PayloadCredentials
from spot_webcam.domain.sources.address import DeviceAddress


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--json` and `--verbose`."""
    parser.add_argument("--json", action="store_true", help="print one JSON document, for programs")
    parser.add_argument("-v", "--verbose", action="store_true", help="log everything")


def port_number(text: str) -> int:
    """Parse a TCP port, 0 for any free port; for argparse."""
    port = int(text) if text.isdecimal() else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"invalid port {text!r}: must be 0-65535")
    return port


def quoted(word: str) -> str:
    """Return a wrong word for a message, masked: it may be a camera's address with a password."""
    return repr(str(DeviceAddress(word)))


def payload_credentials(options: argparse.Namespace) -> PayloadCredentials:
    """Return GUID and secret of the SDK's own arguments, or of the file that they name.

    Raises:
        Misused: the file cannot be read, or holds no credentials.
    """
    try:
        guid, secret = util.get_guid_and_secret(options)
    except (OSError, ValueError):
        # The SDK's own text may hold the secret.
        raise Misused(
            f"no credentials in {options.payload_credentials_file}: expected the GUID on the first"
            " line and the secret on the second"
        ) from None
    return PayloadCredentials(guid, secret)


def check_robot_ca(file: Path | None) -> None:
    """Check the file of `--robot-ca`, if given.

    Raises:
        Misused: the file cannot be read, or holds no certificate.
    """
    if file is None:
        return
    try:
        with file.open("rb"):
            pass
        ssl.create_default_context(cafile=file)
    except ssl.SSLError as error:
        raise Misused(f"--robot-ca {file} holds no PEM certificate") from error
    except OSError as error:
        raise Misused(f"--robot-ca {file}: {error.strerror}") from error
