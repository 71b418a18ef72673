"""`spot-webcam extension config`: an extension of settings alone."""

import argparse
import sys
import threading
from importlib import resources
from pathlib import Path

from spot_webcam.app.cli.command_line import EXIT_STOPPED
from spot_webcam.tools.extension.names import ICON, MANIFEST, SETTINGS_EXTENSION
from spot_webcam.tools.extension.output import add_output_argument

_DESCRIPTION = "Settings of spot-webcam"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file, and where to write."""
    parser.add_argument("file", metavar="FILE", type=Path, help="configuration file (TOML)")
    add_output_argument(parser)


def run(options: argparse.Namespace, _stopping: threading.Event) -> int:
    """Check the file, and write the extension.

    Raises:
        Misused: the file cannot be used in an extension.
        CouldNotRun: the extension cannot be written.
    """
    # --help needs none of it.
    from spot_webcam.tools.extension.archive import (  # noqa: PLC0415
        created_s,
        new_file,
        write_extension,
    )
    from spot_webcam.tools.extension.manifest import manifest  # noqa: PLC0415
    from spot_webcam.tools.extension.settings import packed_settings  # noqa: PLC0415

    created = created_s()
    settings = packed_settings(options.file)
    members = {
        MANIFEST: manifest(SETTINGS_EXTENSION, _DESCRIPTION, created),
        ICON: (resources.files(__package__) / ICON).read_bytes(),
        **settings,
    }
    # They have passwords, in addresses or in files of their own.
    with new_file(options.output, is_private=True) as file:
        write_extension(file, members, created)
    sys.stdout.write(f"{options.output}: {', '.join(settings)}\n")
    return EXIT_STOPPED
