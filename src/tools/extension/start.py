"""`spot-webcam extension start`: the entry point of an extension's container."""

import argparse
import os
import stat
import sys
import threading
from pathlib import Path

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.tools.extension.names import OWN_MOUNT, SETTINGS_FILE, SETTINGS_MOUNT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where to look for the configuration."""
    parser.add_argument(
        "folders",
        metavar="FOLDER",
        nargs="*",
        type=Path,
        default=[Path(SETTINGS_MOUNT), Path(OWN_MOUNT)],
        help=f"serve with {SETTINGS_FILE} of the first one that has it (default:"
        f" {SETTINGS_MOUNT}, {OWN_MOUNT})",
    )


def run(options: argparse.Namespace, _stopping: threading.Event) -> int:
    """Replace this process by `serve`.

    Raises:
        CouldNotRun: there is no configuration.
    """
    file = configuration_in(options.folders)
    command = [sys.executable, "-m", "spot_webcam", "serve", "--config", str(file)]
    os.execv(sys.executable, command)  # noqa: S606 - this program


def configuration_in(folders: list[Path]) -> Path:
    """Return the configuration file of the first folder that has one.

    Raises:
        CouldNotRun: there is none, or it may not be read.
    """
    for folder in folders:
        file = folder / SETTINGS_FILE
        try:
            if stat.S_ISREG(file.stat().st_mode):
                return file
        except FileNotFoundError:
            continue
        except OSError as error:
            raise CouldNotRun(
                f"{file} cannot be read: {error.strerror}: let user {os.geteuid()} read it, or"
                " build the extension with --user 0"
            ) from error
    raise CouldNotRun(
        f"no {SETTINGS_FILE} in {', '.join(map(str, folders))}: install the extension again, or one"
        " of spot-webcam extension config"
    )
