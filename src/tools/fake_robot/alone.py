"""`spot-webcam fake-robot`: a robot without legs, until Ctrl-C."""

import argparse
import threading

from spot_webcam.app.cli.command_line import EXIT_STOPPED
from spot_webcam.tools.fake_robot.output import put
from spot_webcam.tools.fake_robot.places import CONTROL_PORT, PORT
from spot_webcam.tools.fake_robot.robots import RunningRobot, running_robot

_GUIDE = """\
fake robot at {address}:{port}; its certificate authority is {ca_file}

serve a camera to it:
  spot-webcam serve {address} --robot-port {port} --robot-ca {ca_file} \\
      --guid {guid} --secret {secret} --host-ip 127.0.0.1 --device-name synthetic:

run any program of the SDK on it, unchanged:
  spot-webcam fake-robot run --attach{control} -- python3 -m bosdyn.client ROBOT dir list

make trouble:
  spot-webcam fake-robot ctl{control} reboot 5

reach it with the SDK, as user "user" with password "password":
  sdk = bosdyn.client.create_standard_sdk("me", cert_resource_glob="{ca_file}")
  robot = sdk.create_robot("{address}")
  robot.update_secure_channel_port({port})
  robot.authenticate("user", "password")

Ctrl-C ends it.
"""


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Run until the event is set."""
    with running_robot(options, PORT) as running:
        put(_guide(running, options))
        stopping.wait()
    return EXIT_STOPPED


def _guide(running: RunningRobot, options: argparse.Namespace) -> str:
    robot, port = running.robot, running.control_port
    return _GUIDE.format(
        address=robot.address,
        port=robot.port,
        ca_file=robot.ca_file,
        guid=options.guid,
        secret=options.secret,
        control="" if port == CONTROL_PORT else f" --control-port {port}",
    )
