"""`spot-webcam demo`: a robot, a daemon, cameras that fail, and a client that watches."""

import argparse
import threading
from pathlib import Path

from spot_webcam.app.command_line import EXIT_STOPPED, CouldNotRun
from spot_webcam.app.demo.play import play

DEFAULT_OUTPUT = Path("out/demo")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the pictures go."""
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        default=DEFAULT_OUTPUT,
        help="where pictures and the daemon's log go (default: %(default)s)",
    )
    parser.add_argument(
        "--svg", type=Path, metavar="FILE", help="also write what is shown as a picture"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="log everything")


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Play the demo; it fails when something that it promises does not happen."""
    misses = play(options.output, options.svg, stopping)
    if misses:
        raise CouldNotRun("; ".join(misses))
    return EXIT_STOPPED
