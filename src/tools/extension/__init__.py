"""`spot-webcam extension`: Spot Extensions, the form in which a CORE I/O takes software."""

import argparse
import threading
from importlib import import_module

# Modules of this package with `add_arguments` and `run`.
_SUMMARIES = {
    "build": "make an extension of this program, with its own Python: without Docker or root",
    "config": "make an extension of a configuration file alone, which the other one finds",
    "lint": "check an extension, of anybody, against the documented rules",
    "start": "in the container of an extension: serve with the configuration that is found",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-commands."""
    within = parser.add_subparsers(dest="sub_command", required=True, metavar="ACTION")
    for name, summary in _SUMMARIES.items():
        subparser = within.add_parser(name, help=summary, description=summary)
        subparser.add_argument("-v", "--verbose", action="store_true", help="log everything")
        import_module(f"{__name__}.{name}").add_arguments(subparser)


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Run the sub-command until the event is set at most."""
    code: int = import_module(f"{__name__}.{options.sub_command}").run(options, stopping)
    return code
