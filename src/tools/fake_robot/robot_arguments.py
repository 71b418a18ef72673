"""The flags that say which fake robot there shall be, before `run` or after it."""

import argparse
from pathlib import Path
from typing import Any

from spot_webcam.app.cli.arguments import port_number
from spot_webcam.tools.fake_robot.places import CONTROL_PORT, GUID, PORT, SECRET


def add_robot_arguments(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Add them; `again` for those after a sub-command, which leave alone what was said before."""

    def default(value: Any) -> Any:
        return argparse.SUPPRESS if again else value

    parser.add_argument(
        "--port",
        type=port_number,
        default=default(None),
        help=f"where it listens, on 127.0.0.1 (default: {PORT}; run: any that is free)",
    )
    parser.add_argument(
        "--control-port",
        type=port_number,
        default=default(None),
        help=f"where it takes the orders of ctl (default: {CONTROL_PORT}, or any that is free"
        " where that is taken)",
    )
    parser.add_argument(
        "--ca-file",
        type=Path,
        metavar="FILE",
        default=default(None),
        help="where to write the certificate authority (default: a temporary file)",
    )
    parser.add_argument("--guid", default=default(GUID), help=f"payload it knows (default: {GUID})")
    parser.add_argument(
        "--secret", default=default(SECRET), help=f"of that payload (default: {SECRET})"
    )
    parser.add_argument(
        "--unauthorized",
        action="store_true",
        default=default(False),
        help="let the payload wait for an operator",
    )
    parser.add_argument(
        "--authorize-all",
        action="store_true",
        default=default(False),
        help="authorize every payload that registers itself, at once",
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", default=default(False), help="log everything"
    )
