"""`spot-webcam completion`: the script by which a shell completes commands, options and values."""

import argparse
import re
import sys
import threading
from collections.abc import Iterator

from spot_webcam.app.cli.command_line import EXIT_STOPPED

SHELLS = ("bash", "zsh", "fish")
# In the names of values, such as NAME=FINGERPRINT|FILE.
_FILE, _FOLDER = re.compile(r"FILE|DEVICE|PYTHON"), re.compile(r"FOLDER")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the shell."""
    # The log's level is that of every command.
    parser.set_defaults(verbose=False)
    parser.add_argument("shell", choices=SHELLS, help="the shell that shall complete")


def run(options: argparse.Namespace, _stopping: threading.Event) -> int:
    """Print the script."""
    # Not before: --help needs neither.
    import shtab  # noqa: PLC0415

    from spot_webcam.app.cli.main import full_parser  # noqa: PLC0415

    parser = full_parser()
    for action in _actions_with_values(parser):
        name = str(action.metavar or action.dest.upper())
        if _FILE.search(name):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif _FOLDER.search(name):
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    sys.stdout.write(shtab.complete(parser, shell=options.shell))
    return EXIT_STOPPED


def _actions_with_values(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:  # noqa: SLF001 - argparse has no other list of them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - nor a name for this one
            for subparser in action.choices.values():
                yield from _actions_with_values(subparser)
        elif action.nargs != 0 and action.choices is None:
            yield action
