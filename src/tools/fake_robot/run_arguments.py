"""The command line of `spot-webcam fake-robot run`."""

import argparse

from spot_webcam.tools.fake_robot.robot_arguments import add_robot_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which robot the program gets, and the program itself."""
    parser.usage = "%(prog)s [OPTION ...] -- PROGRAM [ARGUMENT ...]"
    parser.add_argument(
        "--attach",
        action="store_true",
        help="use the fake robot that runs already, at --control-port, and leave it running",
    )
    parser.add_argument(
        "--with-camera",
        metavar="[NAME=]DEVICE",
        action="append",
        default=[],
        help="serve this camera as web-cam-service before the program starts, such as synthetic:"
        " (repeatable)",
    )
    add_robot_arguments(parser, again=True)
    parser.add_argument(
        "program",
        nargs=argparse.REMAINDER,
        metavar="PROGRAM",
        help="such as: python3 my_script.py ROBOT; whatever address it gives, it gets the fake"
        " robot",
    )
