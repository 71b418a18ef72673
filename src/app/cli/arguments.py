"""Command-line arguments that several commands share, and their checks."""

import argparse
import ssl
from pathlib import Path

from spot_webcam.app.cli.command_line import Misused
from spot_webcam.app.cli.text_file import UnreadableFile, read_text_file
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
    """Return GUID and secret of the command line, or those of the file that it names.

    Raises:
        Misused: the file cannot be read or lacks one of them.
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
    raise Misused(f"{option} {found}: expected the GUID on line 1 and the secret on line 2")


def check_robot_ca(file: Path | None) -> None:
    """Check the file of `--robot-ca`, if given.

    Raises:
        Misused: the file cannot be read, or holds no certificate.
    """
    if file is None:
        return
    option = f"--robot-ca {DeviceAddress(str(file))}"
    _text(option, file)
    try:
        ssl.create_default_context(cafile=file)
    except ssl.SSLError as error:
        raise Misused(f"{option} holds no PEM certificate") from error


def _text(option: str, file: Path) -> str:
    try:
        return read_text_file(file)
    except UnreadableFile as error:
        raise Misused(f"{option} {error}") from error
