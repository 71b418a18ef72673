"""Login of a tool to a robot, by the command line, the environment or a prompt."""

import argparse
import getpass
import os
import signal
import sys
from pathlib import Path

from bosdyn.client import util

from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.app.cli.arguments import payload_credentials, port_number, robot_address
from spot_webcam.app.cli.command_line import CouldNotRun, Misused
from spot_webcam.app.robot.timeouts import RobotTimeouts
from spot_webcam.domain.robot_access import PayloadCredentials
from spot_webcam.tools.robot_clients.user_link import UserLink

USER_VARIABLE, PASSWORD_VARIABLE = "BOSDYN_CLIENT_USERNAME", "BOSDYN_CLIENT_PASSWORD"


def add_robot_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the robot's port and certificates, and the login of a user or a payload."""
    parser.add_argument(
        "--robot-port", type=port_number, default=443, help="port of the robot (default: 443)"
    )
    parser.add_argument(
        "--robot-ca",
        metavar="FILE",
        type=Path,
        help="PEM certificates to trust instead of the SDK's, as for a fake robot",
    )
    group = parser.add_argument_group(
        "login",
        "BOSDYN_CLIENT_USERNAME and BOSDYN_CLIENT_PASSWORD if set; else what is missing is asked"
        " for. A payload's token may not be enough for pictures.",
    )
    group.add_argument("--username", help="a user of the robot")
    group.add_argument(
        "--password", help="shown to everyone on this computer: better in the environment"
    )
    util.add_payload_credentials_arguments(group, required=False)


def login_link(options: argparse.Namespace) -> RobotLink:
    """Return a link, not connected; prompts for missing credentials on a terminal.

    Raises:
        Misused: the options are no complete login.
        CouldNotRun: the user did not answer the prompt.
    """
    address = robot_address(options)
    if options.guid is not None or options.secret or options.payload_credentials_file:
        return RobotLink(address, _payload(options), RobotTimeouts().robot_rpc_s)
    return UserLink(address, *_user(options), RobotTimeouts().robot_rpc_s)


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
    # The command's own handler only sets an event, which does not interrupt a prompt.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        user = user or input("Username: ")
        return user, password or getpass.getpass()
    except (EOFError, KeyboardInterrupt):
        raise CouldNotRun("no login: nothing was answered") from None
    finally:
        signal.signal(signal.SIGINT, handler)
