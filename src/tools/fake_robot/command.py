"""What `spot-webcam fake-robot` can be asked: to be there, `run` a program, or take orders."""

import argparse
import threading
from importlib import import_module

from spot_webcam.tools.fake_robot import ctl_arguments, run_arguments
from spot_webcam.tools.fake_robot.robot_arguments import add_robot_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where it listens and which payload it knows, and the two sub-commands."""
    add_robot_arguments(parser)
    within = parser.add_subparsers(dest="sub_command", metavar="{run,ctl}")
    summary = "run a Python program of the SDK, unchanged, so that it reaches the fake robot"
    runner = within.add_parser("run", help=summary, description=summary)
    run_arguments.add_arguments(runner)
    summary = "make trouble for the fake robot that runs, or look into it"
    ctl = within.add_parser("ctl", help=summary, description=summary)
    ctl_arguments.add_arguments(ctl)


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Do it, until the event is set at most."""
    # Each imports what it needs: orders need no gRPC.
    name = options.sub_command or "alone"
    module = import_module(f"spot_webcam.tools.fake_robot.{name}")
    code: int = module.run(options, stopping)
    return code
