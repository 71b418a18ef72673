"""The `spot-webcam` command."""

import argparse
import logging
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module

from spot_webcam import __version__
from spot_webcam.app.cli.command_line import (
    EXIT_COULD_NOT_RUN,
    EXIT_MISUSED,
    CouldNotRun,
    Misused,
    OneLineParser,
    close_log,
    start_log,
)
from spot_webcam.app.runtime.garbage import uncollected
from spot_webcam.app.runtime.log_formats import LogFormat
from spot_webcam.app.runtime.native_logs import silence_native_logs, spare_threads
from spot_webcam.app.runtime.signals import stop_signals

_LOG = logging.getLogger(__name__)

_SUMMARIES = {
    "serve": "serve cameras to a robot as an image service",
    "cameras": "list the cameras, what they can do, and how to serve them",
    "doctor": "find what is wrong with this computer, its cameras and the robot, and what to do",
    "healthcheck": "ask the daemon of this computer whether it runs as it should, for containers",
    "top": "watch a service in the terminal: state, rate and age of each source",
    "controls": "show or set a camera's brightness, exposure, focus, ...",
    "config": "check a configuration file of serve, or print an example",
    "install-service": "let systemd run serve, started with the computer and restarted",
    "uninstall-service": "undo install-service",
    "demo": "watch the service handle faults, with no robot and no camera",
    "check": "check any image service through the robot, as its clients see it",
    "bench": "compare its speed with the SDK's helper and a bare gRPC server, on this machine",
    "fake-robot": "run a fake robot to develop and test against",
    "fake-core-io": "install Spot Extensions without a CORE I/O or Docker, and run them",
    "extension": "make or check a Spot Extension, to install on a CORE I/O",
    "completion": "print what lets a shell complete these commands and their options",
}
# The other commands are in `spot_webcam.tools`.
_OF_THE_PRODUCT = ("serve", "cameras", "controls", "config")


@dataclass(frozen=True, slots=True)
class _Command:
    """Functions of a command's module; `run` returns soon after the event is set."""

    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, threading.Event], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    # First of all: the imports that follow are slow.
    with stop_signals() as stopping:
        return _run(argv, stopping)


def _run(argv: Sequence[str] | None, stopping: threading.Event) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    # After -- follows the command line of another program (`fake-robot run`).
    own = words[: words.index("--")] if "--" in words else words
    if not {"-v", "--verbose"} & set(own):
        silence_native_logs()
    spare_threads()
    name = next((word for word in words if word in _SUMMARIES), None)
    loaded = {} if name is None else {name: _load(name)}
    options = _parser(loaded).parse_args(words)
    command = loaded[options.command]
    try:
        log_format = LogFormat(getattr(options, "log_format", None) or LogFormat.TEXT)
        start_log(verbose=options.verbose, log_format=log_format)
        return command.run(options, stopping)
    except (Misused, CouldNotRun) as error:
        _LOG.debug("the error that ends the command", exc_info=True)
        line = f"spot-webcam {name}: {error}"
        code = EXIT_MISUSED if isinstance(error, Misused) else EXIT_COULD_NOT_RUN
    finally:
        close_log()
    with suppress(OSError):  # nobody may be reading
        print(line, file=sys.stderr)  # noqa: T201 - the one line that a command ends with
    return code


def full_parser() -> OneLineParser:
    """Return the parser with the arguments of all commands: slow, it imports all."""
    return _parser({name: _load(name) for name in _SUMMARIES})


def _load(name: str) -> _Command:
    """Import a command: the daemon loads neither the demo nor the fake robot."""
    package = "spot_webcam.app.cli" if name in _OF_THE_PRODUCT else "spot_webcam.tools"
    path = f"{package}.{name.replace('-', '_')}"
    if path not in sys.modules:
        with uncollected():
            import_module(path)
    module = sys.modules[path]
    return _Command(module.add_arguments, module.run)


def _parser(loaded: Mapping[str, _Command]) -> OneLineParser:
    parser = OneLineParser(
        prog="spot-webcam", description="Turn any camera into a Spot image source."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in _SUMMARIES.items():
        subparser = commands.add_parser(name, help=summary, description=summary)
        if name in loaded:
            loaded[name].add_arguments(subparser)
    return parser
