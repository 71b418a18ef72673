"""`spot-webcam fake-core-io`: install Spot Extensions without a CORE I/O, and run them."""

import argparse
import threading
from pathlib import Path

from spot_webcam.tools.fake_robot.arguments import GUID, SECRET


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the extensions, and what the computer has."""
    parser.add_argument(
        "files",
        metavar="FILE.spx",
        nargs="*",
        type=Path,
        help="extensions to install, in this order, or to upgrade",
    )
    parser.add_argument(
        "--folder",
        metavar="FOLDER",
        type=Path,
        help="file system of the computer: what is installed stays (default: a temporary one)",
    )
    parser.add_argument(
        "--guid", default=GUID, help="GUID of the payload's credentials (default: %(default)s)"
    )
    parser.add_argument("--secret", default=SECRET, help="their secret (default: %(default)s)")
    parser.add_argument("-v", "--verbose", action="store_true", help="log everything")


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Install the extensions, and show what they write until the event is set."""
    # --help needs none of it.
    from spot_webcam.tools.fake_core_io.computer import run_computer  # noqa: PLC0415

    return run_computer(options, stopping)
