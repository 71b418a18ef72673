"""`spot-webcam fake-robot`: a robot without legs, alone."""

import argparse
import sys
import threading
from pathlib import Path

from spot_webcam.app.command_line import EXIT_STOPPED, CouldNotRun, Misused, port_number
from spot_webcam.fakes.robot import FakeRobot

DEFAULT_PORT = 50443
GUID, SECRET = "fake-payload", "fake-secret"

_GUIDE = """\
fake robot at {address}:{port}; its certificate authority is {ca_file}

serve a camera to it:
  spot-webcam serve {address} --robot-port {port} --robot-ca {ca_file} \\
      --guid {guid} --secret {secret} --host-ip 127.0.0.1 --device-name synthetic:

reach it with the SDK, as user "user" with password "password":
  sdk = bosdyn.client.create_standard_sdk("me", cert_resource_glob="{ca_file}")
  robot = sdk.create_robot("{address}")
  robot.update_secure_channel_port({port})
  robot.authenticate("user", "password")

Ctrl-C ends it.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where it listens and which payload it knows."""
    parser.add_argument(
        "--port", type=port_number, default=DEFAULT_PORT, help="(default: %(default)s)"
    )
    parser.add_argument(
        "--ca-file",
        type=Path,
        metavar="FILE",
        help="where to write the certificate authority (default: a temporary file)",
    )
    parser.add_argument("--guid", default=GUID, help="payload it knows (default: %(default)s)")
    parser.add_argument("--secret", default=SECRET, help="of that payload (default: %(default)s)")
    parser.add_argument(
        "--unauthorized", action="store_true", help="let the payload wait for an operator"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="log everything")


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Run until the event is set."""
    for flag in ("guid", "secret"):
        if not getattr(options, flag):
            raise Misused(f"--{flag} must not be empty: leave it out for the default")
    robot = FakeRobot(options.port, ca_file=options.ca_file)
    robot.register_payload(
        options.guid, options.secret, name="fake payload", authorized=not options.unauthorized
    )
    try:
        robot.start()
    except OSError as error:
        raise CouldNotRun(f"{error}") from error
    try:
        sys.stdout.write(
            _GUIDE.format(
                address=robot.address,
                port=robot.port,
                ca_file=robot.ca_file,
                guid=options.guid,
                secret=options.secret,
            )
        )
        sys.stdout.flush()
        stopping.wait()
    finally:
        robot.stop()
    return EXIT_STOPPED
