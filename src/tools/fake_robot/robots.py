"""Starts the fake robot that the command line asks for."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from spot_webcam.app.cli.command_line import CouldNotRun, Misused
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.fakes.robot.control.server import ControlServer
from spot_webcam.tools.fake_robot.places import CONTROL_PORT


@dataclass(frozen=True, slots=True)
class RunningRobot:
    """A started robot, and where it takes orders."""

    robot: FakeRobot
    control_port: int


@contextmanager
def running_robot(options: argparse.Namespace, default_port: int) -> Iterator[RunningRobot]:
    """Start the robot and its control server, and stop them at the end.

    Raises:
        Misused: the payload has no name or secret.
        CouldNotRun: a port or the CA file cannot be had.
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
        with _control(robot, options.control_port) as control:
            yield RunningRobot(robot, control.port)
    finally:
        robot.stop()


def _control(robot: FakeRobot, port: int | None) -> ControlServer:
    if port is None:
        try:
            return ControlServer(robot, CONTROL_PORT)
        except OSError:  # another fake robot has it, as a rule
            return ControlServer(robot)
    try:
        return ControlServer(robot, port)
    except OSError as error:
        raise CouldNotRun(f"--control-port: {error}") from error
