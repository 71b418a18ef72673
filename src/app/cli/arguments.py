"""Command-line arguments that several commands share, and their checks."""

import argparse
import ipaddress
import re
import ssl
from pathlib import Path

from spot_webcam.app.cli.command_line import Misused
from spot_webcam.app.cli.text_file import UnreadableFile, read_text_file
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.domain.sources.address import DeviceAddress

# Of an authority.
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_HOST = re.compile(r"\w([\w.-]{0,251}\w)?", re.ASCII)
# Texts that cannot be a host name: they must be a valid IP address.
_NUMERIC = re.compile(r"[\d.]+|.*:.*", re.ASCII)
_ZONED = re.compile(r"[^%]+(%[\w.-]+)?", re.ASCII)


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


def checked_port(port: int) -> int:
    """Return the port of `--port`, an option of the SDK's.

    Raises:
        Misused: there is no such port.
    """
    if not 0 <= port <= 65535:
        raise Misused(f"invalid port {port}: --port must be 0-65535")
    return port


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Parse a network or an address; for argparse."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"invalid network {text!r}: expected a network such as 192.168.50.0/24, or an address"
        ) from None


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
    file = options.payload_credentials_file
    return credentials_in(Path(file), f"--payload-credentials-file {DeviceAddress(file)}")


def credentials_in(file: Path, option: str) -> PayloadCredentials:
    """Return GUID and secret of a file; `option` names it in errors.

    Raises:
        Misused: the file cannot be read or lacks one of them.
    """
    # As the SDK reads it: what follows the second line does not count.
    guid, secret = [*(line.strip() for line in _text(option, file).split("\n")), ""][:2]
    if guid and secret:
        return PayloadCredentials(guid, secret)
    if guid:
        found = "holds no secret on its second line"
    else:
        found = "holds no GUID on its first line" if secret else "is empty"
    raise Misused(f"{option} {found}: expected the GUID on line 1 and the secret on line 2")


def robot_address(options: argparse.Namespace) -> RobotAddress:
    """Return the robot's address, port and certificates of the command line.

    Raises:
        Misused: the address is none, or the file of `--robot-ca` holds no certificate.
    """
    if options.robot_ca is not None:
        check_robot_ca(options.robot_ca, f"--robot-ca {DeviceAddress(str(options.robot_ca))}")
    host = checked_host("host name", options.hostname, "the robot's address, such as 192.168.80.3")
    if is_link_local(host) and "%" not in host:
        raise Misused(f"{host} is a link-local address: add its interface, as in {host}%eth0")
    if not is_link_local(host):  # an interface means nothing to others
        host = host.partition("%")[0]
    return RobotAddress(host, options.robot_port, options.robot_ca)


def host_ip(text: str | None, robot: RobotAddress) -> str | None:
    """Return the address of `--host-ip`; `None`: the one from which the robot is reached.

    Raises:
        Misused: the robot cannot use the address, or one has to be given.
    """
    if text is None:
        if is_link_local(robot.host):
            raise Misused(
                f"{robot.host} is reached from an address that is valid on one interface alone,"
                " which the robot cannot know: give another one of this computer with --host-ip"
            )
        return None
    host = checked_host(
        "--host-ip", text, "this computer's address as the robot sees it, such as 192.168.50.5"
    )
    if is_link_local(host) or "%" in host:
        raise Misused(
            f"--host-ip {host} is valid on one interface alone, which the robot cannot know: give"
            " another address"
        )
    return host


def checked_host(what: str, text: str, expected: str) -> str:
    """Return a host name or an IP address, an IPv6 address without its brackets.

    A name is not resolved: the network may come up after this computer, and a name server that
    does not answer would delay a signal.

    Raises:
        Misused: the text is neither, or an address that no computer has.
    """
    host = text[1:-1] if re.fullmatch(r"\[.*:.*\]", text) else text
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if _NUMERIC.fullmatch(host) or not _HOST.fullmatch(host):
            raise Misused(f"invalid {what} {quoted(text)}: expected {expected}") from None
        return host
    if not _ZONED.fullmatch(host) or address.is_unspecified or address.is_multicast:
        raise Misused(f"invalid {what} {quoted(text)}: expected {expected}")
    return host


def is_link_local(host: str) -> bool:
    """Report whether a host is an IPv6 address that is valid on one interface alone."""
    try:
        return ipaddress.IPv6Address(host).is_link_local
    except ValueError:
        return False


def check_robot_ca(file: Path, option: str) -> None:
    """Check the file of `--robot-ca`; `option` names it in errors.

    Raises:
        Misused: the file cannot be read, or holds no certificate.
    """
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
