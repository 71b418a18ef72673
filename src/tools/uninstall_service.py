"""`spot-webcam uninstall-service`: undo `install-service`."""

import argparse
import threading

from spot_webcam.app.cli.command_line import EXIT_STOPPED
from spot_webcam.tools.install_service import add_name_argument
from spot_webcam.tools.systemd.host import Host
from spot_webcam.tools.systemd.installation import require_root, uninstall


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the name of the unit."""
    parser.set_defaults(verbose=False)
    add_name_argument(parser)


def run(options: argparse.Namespace, _stopping: threading.Event, host: Host | None = None) -> int:
    """Stop and remove the unit.

    Raises:
        CouldNotRun: the removal fails.
    """
    host = host or Host()
    require_root(host, "uninstall-service")
    uninstall(options.name, host)
    return EXIT_STOPPED
