"""Who asks the robot: a user, or a payload."""

import argparse
import getpass
import os
import signal
import sys

from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.app.cli.arguments import check_robot_ca, payload_credentials, quoted
from spot_webcam.app.cli.command_line import CouldNotRun, Misused
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.tools.robot_clients.user_link import UserLink

USER_VARIABLE, PASSWORD_VARIABLE = "BOSDYN_CLIENT_USERNAME", "BOSDYN_CLIENT_PASSWORD"


def link_of(options: argparse.Namespace) -> RobotLink:
    """Return a link that is not connected; asks for what is missing where someone can answer.

    Raises:
        Misused: the options make no login.
        CouldNotRun: the user gave no answer.
    """
    address = _address(options)
    if options.guid is not None or options.secret or options.payload_credentials_file:
        return RobotLink(address, _payload(options))
    return UserLink(address, *_user(options))


def _address(options: argparse.Namespace) -> RobotAddress:
    if not options.hostname or set(options.hostname) & set(" /\t"):
        raise Misused(
            f"{quoted(options.hostname)} is no host name: give the robot's address, such as"
            " 192.168.80.3"
        )
    check_robot_ca(options.robot_ca)
    return RobotAddress(options.hostname, options.robot_port, options.robot_ca)


def _payload(options: argparse.Namespace) -> PayloadCredentials:
    if not options.payload_credentials_file and not (options.guid and options.secret):
        raise Misused("--guid and --secret go together: give both, or --payload-credentials-file")
    return payload_credentials(options)


def _user(options: argparse.Namespace) -> tuple[str, str]:
    user = options.username or os.environ.get(USER_VARIABLE, "")
    password = options.password or os.environ.get(PASSWORD_VARIABLE, "")
    if user and password:
        return user, password
    if not sys.stdin.isatty():
        raise Misused(
            f"no login: set {USER_VARIABLE} and {PASSWORD_VARIABLE}, or give"
            " --payload-credentials-file"
        )
    # The command's own handler only sets an event, which a prompt does not see.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        user = user or input("Username: ")
        return user, password or getpass.getpass()
    except (EOFError, KeyboardInterrupt):
        raise CouldNotRun("no login: nothing was answered") from None
    finally:
        signal.signal(signal.SIGINT, handler)
