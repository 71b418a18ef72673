"""Who asks the robot: a user, or a payload."""

import argparse
import getpass
import os
import signal
import sys

from bosdyn.client import util

from spot_webcam.adapters.bosdyn.robot_link import (
    PayloadCredentials,
    RobotAddress,
    RobotLink,
    check_ca_file,
)
from spot_webcam.adapters.bosdyn.user_link import UserLink
from spot_webcam.app.command_line import CouldNotRun, Misused

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
            f"{options.hostname!r} is no host name: give the robot's address, such as 192.168.80.3"
        )
    if options.robot_ca is not None:
        try:
            check_ca_file(options.robot_ca)
        except OSError as error:
            raise Misused(f"--robot-ca {options.robot_ca}: {error.strerror}") from error
        except ValueError as error:
            raise Misused(f"--robot-ca {error}") from error
    return RobotAddress(options.hostname, options.robot_port, options.robot_ca)


def _payload(options: argparse.Namespace) -> PayloadCredentials:
    if not options.payload_credentials_file and not (options.guid and options.secret):
        raise Misused("--guid and --secret go together: give both, or --payload-credentials-file")
    try:
        guid, secret = util.get_guid_and_secret(options)
    except (OSError, ValueError):
        # Not the error's own text: the SDK's may hold the secret.
        raise Misused(
            f"{options.payload_credentials_file} gives no credentials: it must hold the GUID on"
            " its first line and the secret on its second"
        ) from None
    return PayloadCredentials(guid, secret)


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
