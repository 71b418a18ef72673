"""What `spot-webcam fake-robot` can be asked: to be there, `run` a program, or take orders."""

import argparse
import threading
from importlib import import_module
from pathlib import Path

from spot_webcam.app.command_line import port_number
from spot_webcam.app.fake_robot import ctl_arguments, run_arguments
from spot_webcam.app.fake_robot.places import CONTROL_PORT, GUID, PORT, SECRET


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where it listens and which payload it knows, and the two sub-commands."""
    _add_robot_arguments(parser)
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
    module = import_module(f"spot_webcam.app.fake_robot.{name}")
    code: int = module.run(options, stopping)
    return code


def _add_robot_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port",
        type=port_number,
        help=f"where it listens, on 127.0.0.1 (default: {PORT}; run: any that is free)",
    )
    parser.add_argument(
        "--control-port",
        type=port_number,
        help=f"where it takes the orders of ctl (default: {CONTROL_PORT}, or any that is free"
        " where that is taken)",
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
    parser.add_argument(
        "--authorize-all",
        action="store_true",
        help="authorize every payload that registers itself, at once",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="log everything")
