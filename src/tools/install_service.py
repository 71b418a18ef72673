"""`spot-webcam install-service`: let systemd run the daemon."""

import argparse
import sys
import threading
from pathlib import Path

from spot_webcam.app.cli.command_line import EXIT_STOPPED, CouldNotRun
from spot_webcam.app.cli.serve_options import DEFAULT_FILE
from spot_webcam.tools.systemd.host import Host
from spot_webcam.tools.systemd.plan import planned_unit, unit_name

UNIT_NAME = "spot-webcam"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the unit consists of."""
    parser.set_defaults(verbose=False)
    parser.add_argument(
        "--user", help="user that the service runs as (default: one that exists only meanwhile)"
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help=f"configuration file of serve (default: {DEFAULT_FILE})",
    )
    add_name_argument(parser)
    parser.add_argument(
        "--print", action="store_true", help="print the unit, and change nothing; needs no root"
    )


def add_name_argument(parser: argparse.ArgumentParser) -> None:
    """Add `--name`."""
    parser.add_argument(
        "--name", type=unit_name, default=UNIT_NAME, help="name of the unit (default: %(default)s)"
    )


def run(options: argparse.Namespace, stopping: threading.Event, host: Host | None = None) -> int:
    """Install the unit, or print it.

    Raises:
        Misused: the configuration has errors, or the service could not read what it needs.
        CouldNotRun: the installation fails.
    """
    # --help needs none of it.
    from spot_webcam.tools.systemd.installation import install, require_root  # noqa: PLC0415

    host = host or Host()
    if options.print:
        sys.stdout.write(planned_unit(options, host).text())
        return EXIT_STOPPED
    require_root(host, "install-service")
    try:
        install(planned_unit(options, host), host)
    except CouldNotRun as error:
        if stopping.is_set():  # Ctrl-C ends systemd's commands, too
            raise CouldNotRun("interrupted: run it again to finish") from error
        raise
    return EXIT_STOPPED
