"""The command line of `spot-webcam fake-robot run`."""

import argparse

from spot_webcam.app.command_line import port_number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which robot the program gets, and the program itself."""
    parser.usage = "%(prog)s [OPTION ...] -- PROGRAM [ARGUMENT ...]"
    # Those of `fake-robot` are understood here, too: left out, they leave its values alone.
    parser.add_argument("--port", type=port_number, default=argparse.SUPPRESS, help="of the robot")
    parser.add_argument(
        "--control-port",
        type=port_number,
        default=argparse.SUPPRESS,
        help="where the robot takes the orders of ctl",
    )
    parser.add_argument(
        "--authorize-all",
        action="store_true",
        default=argparse.SUPPRESS,
        help="authorize every payload that the program registers, at once",
    )
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
    parser.add_argument(
        "-v", "--verbose", action="store_true", default=argparse.SUPPRESS, help="log everything"
    )
    parser.add_argument(
        "program",
        nargs=argparse.REMAINDER,
        metavar="PROGRAM",
        help="such as: python3 my_script.py ROBOT; whatever address it gives, it gets the fake"
        " robot",
    )
