"""`spot-webcam top`: the state of a service in a terminal, live."""

import argparse
import threading
from pathlib import Path

from spot_webcam.app.cli.command_line import Misused
from spot_webcam.tools.robot_clients.login import add_robot_arguments

# The daemon's, which is not imported: --help must be fast.
SERVICE_NAME = "web-cam-service"
_MIN_PERIOD_S, _MAX_PERIOD_S = 0.1, 3600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what to show, how often, and the logins of a robot and of a page."""
    parser.add_argument(
        "hostname",
        nargs="?",
        metavar="ROBOT|URL",
        help="a robot, whose directory and pictures show the state of any image service, or the"
        " address of `serve --http`, which shows all that the daemon knows (default: that of the"
        " configuration file, or else http://127.0.0.1:8080)",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help="configuration file of serve, which names the page, its password and its certificate"
        " (default: /etc/spot-webcam.toml, if it exists)",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="log everything")
    parser.add_argument(
        "--period", metavar="S", type=_period, default=1.0, help="between looks (default: 1)"
    )
    parser.add_argument("--count", metavar="N", type=_count, help="end after so many looks")
    page = parser.add_argument_group("of a URL")
    page.add_argument(
        "--http-password-file", metavar="FILE", type=Path, help="file with the page's password"
    )
    page.add_argument(
        "--http-ca", metavar="FILE", type=Path, help="PEM certificates to trust, for https"
    )
    robot = parser.add_argument_group("of a robot")
    robot.add_argument(
        "--image-service",
        metavar="NAME",
        default=SERVICE_NAME,
        help="its name (default: %(default)s)",
    )
    add_robot_arguments(parser)


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Show the state until the event is set, or often enough."""
    # --help needs none of it.
    from spot_webcam.tools.top.command import show_page, show_robot  # noqa: PLC0415

    if options.hostname is None:
        return show_page(options, stopping)
    if options.config is not None:
        raise Misused("--config names the page: leave out the address")
    if "://" not in options.hostname:
        return show_robot(options, stopping)
    if not options.hostname.lower().startswith(("http://", "https://")):
        raise Misused("expected a robot, or the http:// or https:// address of serve --http")
    return show_page(options, stopping)


def _period(text: str) -> float:
    try:
        period_s = float(text)
    except ValueError:
        period_s = 0.0
    if not _MIN_PERIOD_S <= period_s <= _MAX_PERIOD_S:
        raise argparse.ArgumentTypeError(f"invalid period {text!r}: give seconds, such as 1")
    return period_s


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"invalid count {text!r}: expected a positive integer")
    return int(text)
