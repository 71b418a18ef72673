"""The `spot-webcam` command."""

import logging
import sys
from collections.abc import Sequence

from spot_webcam import __version__
from spot_webcam.app import demo, fake_robot, serve
from spot_webcam.app.command_line import (
    EXIT_COULD_NOT_RUN,
    EXIT_MISUSED,
    CouldNotRun,
    Misused,
    OneLineParser,
    start_log,
)

_LOG = logging.getLogger(__name__)
_COMMANDS = {
    "serve": (serve, "serve cameras to a robot as an image service"),
    "demo": (demo, "watch it work, and survive faults, with no robot and no camera"),
    "fake-robot": (fake_robot, "run a robot without legs to try things on"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    options = _parser().parse_args(argv)
    start_log(verbose=options.verbose)
    command, _ = _COMMANDS[options.command]
    try:
        code: int = command.run(options)
    except Misused as error:
        return _say(f"spot-webcam {options.command}: {error}", EXIT_MISUSED)
    except CouldNotRun as error:
        return _say(f"spot-webcam {options.command}: {error}", EXIT_COULD_NOT_RUN)
    return code


def _say(line: str, code: int) -> int:
    _LOG.debug("the error that ends the command", exc_info=True)
    print(line, file=sys.stderr)  # noqa: T201 - the one line that a command ends with
    return code


def _parser() -> OneLineParser:
    parser = OneLineParser(
        prog="spot-webcam", description="Turns any camera into a Spot image source."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (command, summary) in _COMMANDS.items():
        command.add_arguments(commands.add_parser(name, help=summary, description=summary))
    return parser
