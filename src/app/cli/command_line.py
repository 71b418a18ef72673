"""What all commands share: one-line errors, exit codes, the log."""

import argparse
import logging
import sys
from typing import NoReturn

from spot_webcam.app.runtime.log_handler import LogHandler

# The SDK's loggers are below its package's name, and below the names that we give it.
SDK_LOGGERS = ("bosdyn", "spot-webcam")
EXIT_STOPPED, EXIT_COULD_NOT_RUN, EXIT_MISUSED = 0, 1, 2


class Misused(Exception):
    """The command line asks for something that makes no sense; its text says what would."""


class CouldNotRun(Exception):
    """The command was fine and the world was not; its text says what to change there."""


class OneLineParser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Print the message without the usage, and exit with 2."""
        self.exit(EXIT_MISUSED, f"{self.prog}: {message} (see {self.prog} --help)\n")


def start_log(*, verbose: bool) -> None:
    """Log to stderr: our own from INFO on, or everyone's from DEBUG on when verbose.

    But for the SDK's: its debug log holds every message, secrets and tokens in them, and its
    errors are tracebacks of what we handle.
    """
    logging.basicConfig(
        handlers=[LogHandler(sys.stderr) if sys.stderr else logging.NullHandler()],
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        level=logging.DEBUG if verbose else logging.WARNING,
        force=True,
    )
    for name in SDK_LOGGERS:
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.CRITICAL)
    if not verbose:
        logging.getLogger("spot_webcam").setLevel(logging.INFO)


def close_log() -> None:
    """Write what is still queued for stderr, within a bound."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, LogHandler):
            root.removeHandler(handler)
            handler.close()


def port_number(text: str) -> int:
    """Read a TCP port, 0 for any free one; for argparse."""
    port = int(text) if text.isdecimal() else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give 0 to 65535")
    return port
