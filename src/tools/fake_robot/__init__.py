"""`spot-webcam fake-robot`: a fake robot alone or for a program, and control of a running one."""

import argparse
import threading
from importlib import import_module

from spot_webcam.tools.fake_robot.arguments import (
    add_ctl_arguments,
    add_robot_arguments,
    add_run_arguments,
)

# Module of each sub-command; `run` would replace the function of this name when it is imported.
_MODULES = {None: "robot", "run": "run_program", "ctl": "ctl"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the robot's options and the two sub-commands."""
    add_robot_arguments(parser)
    within = parser.add_subparsers(dest="sub_command", metavar="{run,ctl}")
    summary = "run a Python program of the SDK, unchanged, so that it reaches the fake robot"
    add_run_arguments(within.add_parser("run", help=summary, description=summary))
    summary = "inject faults into a running fake robot, or inspect it"
    add_ctl_arguments(within.add_parser("ctl", help=summary, description=summary))


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Run the sub-command, or the robot alone, until the event is set at most."""
    # Imported on demand: ctl needs no gRPC.
    name = _MODULES[options.sub_command]
    module = import_module(f"spot_webcam.tools.fake_robot.{name}")
    code: int = module.run(options, stopping)
    return code
