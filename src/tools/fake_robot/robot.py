"""Fake robot with its control server; alone, until Ctrl-C."""

import argparse
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from spot_webcam.app.cli.command_line import EXIT_STOPPED, CouldNotRun, Misused
from spot_webcam.app.cli.http_options import EXTRA
from spot_webcam.app.web import WebOptions
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.fakes.robot.control.server import ControlServer
from spot_webcam.tools.fake_robot.arguments import CONTROL_PORT, PORT
from spot_webcam.tools.fake_robot.output import put

# For calls that the page waits for.
STOP_S = 3.0

_GUIDE = """\
fake robot at {address}:{port}; its certificate authority is {ca_file}

serve a camera to it:
  spot-webcam serve {address} --robot-port {port} --robot-ca {ca_file} \\
      --guid {guid} --secret {secret} --device-name synthetic:

run any program of the SDK on it, unchanged:
  spot-webcam fake-robot run --attach{control} -- python3 -m bosdyn.client ROBOT dir list

inject faults:
  spot-webcam fake-robot ctl{control} reboot 5

reach it with the SDK, as user "user" with password "password":
  sdk = bosdyn.client.create_standard_sdk("me", cert_resource_glob="{ca_file}")
  robot = sdk.create_robot("{address}")
  robot.update_secure_channel_port({port})
  robot.authenticate("user", "password")

Ctrl-C ends it.
"""


@dataclass(frozen=True, slots=True)
class RunningRobot:
    """A started robot and its control port."""

    robot: FakeRobot
    control_port: int


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Run the robot alone until the event is set."""
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


@contextmanager
def running_robot(options: argparse.Namespace, default_port: int) -> Iterator[RunningRobot]:
    """Start the robot and its control server, and stop them at the end.

    Raises:
        Misused: the payload's GUID or secret is empty.
        CouldNotRun: a port is taken, or the CA file cannot be written.
    """
    for flag in ("guid", "secret"):
        if not getattr(options, flag):
            raise Misused(f"--{flag} must not be empty: leave it out for the default")
    port = default_port if options.port is None else options.port
    robot = FakeRobot(port, ca_file=options.ca_file, authorize_new_payloads=options.authorize_all)
    robot.register_payload(
        options.guid, options.secret, name="fake payload", authorized=not options.unauthorized
    )
    try:
        robot.start()
    except OSError as error:
        raise CouldNotRun(f"{error}") from error
    try:
        with _control(robot, options.control_port) as control, _page(robot, options.http):
            yield RunningRobot(robot, control.port)
    finally:
        robot.stop()


@contextmanager
def _page(robot: FakeRobot, port: int | None) -> Iterator[None]:
    if port is None:
        yield
        return
    try:
        from spot_webcam.adapters.web.server import WebServer  # noqa: PLC0415 - the extra
        from spot_webcam.tools.fake_robot.robot_site import RobotSite  # noqa: PLC0415 - the extra
    except ModuleNotFoundError as error:
        raise Misused(f"--http: {EXTRA}") from error
    try:
        server = WebServer(RobotSite(robot), WebOptions("127.0.0.1", port))
    except OSError as error:
        raise CouldNotRun(f"{error}: choose another port with --http") from error
    server.start()
    put(f"page at {server.url}\n")
    try:
        yield
    finally:
        server.ask_to_stop()
        server.join(STOP_S)


def _control(robot: FakeRobot, port: int | None) -> ControlServer:
    if port is None:
        try:
            return ControlServer(robot, CONTROL_PORT)
        except OSError:  # usually another fake robot
            return ControlServer(robot)
    try:
        return ControlServer(robot, port)
    except OSError as error:
        raise CouldNotRun(f"--control-port: {error}") from error
