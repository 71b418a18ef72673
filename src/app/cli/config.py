"""`spot-webcam config`: check or reload a configuration file, print an example or the schema."""

import argparse
import os
import sys
import threading
from pathlib import Path

from spot_webcam.app.cli.command_line import EXIT_STOPPED, CouldNotRun
from spot_webcam.app.cli.serve_options import DEFAULT_FILE, read_configuration

_SUMMARIES = {
    "check": "check a file, and report all errors at once",
    "reload": "check a file, and let the daemons that use it load it again",
    "example": "print a complete file, with comments",
    "schema": "print the JSON Schema of a file, for editors",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    # The log's level is that of every command.
    parser.set_defaults(verbose=False)
    for name, summary in _SUMMARIES.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name in {"check", "reload"}:
            command.add_argument(
                "file", metavar="FILE", nargs="?", type=Path, help=f"(default: {DEFAULT_FILE})"
            )


def run(options: argparse.Namespace, _stopping: threading.Event) -> int:
    """Carry out the action.

    Raises:
        Misused: the file has errors.
        CouldNotRun: it cannot be marked as changed.
    """
    if options.action in {"check", "reload"}:
        file = options.file or DEFAULT_FILE
        configuration = read_configuration(file, is_check=True)
        cameras = configuration.cameras
        names = ", ".join(camera.device.source_name for camera in cameras) or "no cameras"
        if options.action == "reload":
            _touch(file)
        _print(f"{file} has no errors: {names}\n")
    else:
        # Not before: it imports pydantic, and --help needs none.
        from spot_webcam.app.config import documents  # noqa: PLC0415

        made = {"example": documents.example, "schema": documents.schema}[options.action]
        _print(f"{made().rstrip()}\n")
    return EXIT_STOPPED


def _touch(file: Path) -> None:
    """Change the file's time, which its daemons watch: they may run as any user."""
    try:
        os.utime(file)
    except OSError as error:
        raise CouldNotRun(
            f"{file} cannot be marked as changed: {error.strerror}: run this as the file's owner,"
            " or send SIGHUP to the daemon"
        ) from error


def _print(text: str) -> None:
    sys.stdout.write(text)
