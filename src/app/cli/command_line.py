"""One-line errors, exit codes and the log of all commands."""

import argparse
import logging
import platform
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from spot_webcam.app.runtime.log_formats import (
    JOURNAL_SOCKET,
    JournalOutput,
    JsonFormatter,
    LogFormat,
    TextFormatter,
)
from spot_webcam.app.runtime.log_handler import LogHandler, StreamOutput
from spot_webcam.domain.sources.credential_forms import MIN_BARE_CHARS

# The SDK logs below the name of its package, and below the client name that it is created with.
SDK_LOGGERS = ("bosdyn", "spot-webcam")
_LINE = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
EXIT_STOPPED, EXIT_COULD_NOT_RUN, EXIT_MISUSED = 0, 1, 2


# Replaces a quoted value in errors.
_MASKED = "'...'"
_ONLY_FLAG = re.compile(r"-[A-Za-z]|--[A-Za-z][A-Za-z0-9-]*")
# The flag of `-xVALUE` and of `--flag=VALUE`, too.
_FLAG = re.compile(r"-[A-Za-z]|--[A-Za-z][A-Za-z0-9-]*(?==|\Z)")


class Misused(Exception):
    """Invalid command line; the text states what is expected."""


class CouldNotRun(Exception):
    """Valid command line that cannot be carried out; the text states what to change."""


class OneLineParser(argparse.ArgumentParser):
    """Argument parser whose errors are one line and contain no value.

    A value in the wrong place may be a secret, or an address with a password.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._words: tuple[str, ...] = ()

    # Overridden without overloads: argparse has three signatures for it.
    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse all words; end the process with one line if a word is invalid."""
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            command = getattr(options, "command", None)
            self._exit(f"{self.prog} {command}" if command else self.prog, _unrecognized(unknown))
        return options

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse the known arguments; keep the words, to remove them from errors."""
        self._words = tuple(sys.argv[1:] if args is None else args)
        return super().parse_known_args(self._words, namespace)

    def error(self, message: str) -> NoReturn:
        """Print the message without usage and values, and exit with 2."""
        self._exit(self.prog, _without_values(message, self._words))

    def _exit(self, prog: str, message: str) -> NoReturn:
        self.exit(EXIT_MISUSED, f"{prog}: {message} (see {prog} --help)\n")


def _unrecognized(words: Sequence[str]) -> str:
    """Return an error with the flags and the number of other words."""
    flags = [found[0] for found in map(_FLAG.match, words) if found]
    others = sum(_ONLY_FLAG.fullmatch(word) is None for word in words)
    counted = [f"{others} value{'s' if others > 1 else ''}"] if others else []
    return f"unrecognized arguments: {' and '.join([' '.join(flags)] * bool(flags) + counted)}"


def _without_values(message: str, words: Sequence[str]) -> str:
    """Return a message of argparse, of any version, without the values of the command line."""
    for word in sorted(words, key=len, reverse=True):
        flag, equals, value = word.partition("=")
        if not _ONLY_FLAG.fullmatch(flag):
            flag, value = "", word
        if flag and equals:
            message = message.replace(word, f"{flag}=...").replace(repr(word), f"{flag}=...")
        if value:
            message = message.replace(repr(value), _MASKED)
        if len(value) >= MIN_BARE_CHARS:
            message = message.replace(value, "...")
    return message


def require_linux(what: str) -> None:
    """Raise `CouldNotRun` on hosts without V4L2."""
    if platform.system() != "Linux":
        raise CouldNotRun(
            f"{what} on Linux only: here, serve cameras by their index, as in --device-name 0"
        )


def start_log(*, verbose: bool, log_format: LogFormat = LogFormat.TEXT) -> None:
    """Log to stderr or journald: this package from INFO, or, when verbose, every one from DEBUG.

    Tracebacks are logged when verbose.

    The SDK is excepted: its debug log holds every message with its secrets and tokens, and its
    errors are tracebacks of exceptions that are handled here. So is urllib3, which warns of odd
    headers with each answer of a camera.

    Raises:
        Misused: there is no journald.
    """
    handler = _log_handler(log_format)
    if log_format is LogFormat.TEXT:
        handler.setFormatter(TextFormatter(_LINE, verbose=verbose))
    else:
        handler.setFormatter(JsonFormatter(verbose=verbose))
    logging.basicConfig(
        handlers=[handler],
        level=logging.DEBUG if verbose else logging.WARNING,
        force=True,
    )
    for name in SDK_LOGGERS:
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.CRITICAL)
    logging.getLogger("urllib3").setLevel(logging.INFO if verbose else logging.ERROR)
    if not verbose:
        logging.getLogger("spot_webcam").setLevel(logging.INFO)


def _log_handler(log_format: LogFormat) -> logging.Handler:
    if log_format is LogFormat.JOURNAL:
        try:
            return LogHandler(JournalOutput())
        except OSError as error:
            raise Misused(
                f"--log-format journal: no journald at {JOURNAL_SOCKET} ({error.strerror}): give"
                " text or json; in a container, mount that socket"
            ) from error
    return LogHandler(StreamOutput(sys.stderr)) if sys.stderr else logging.NullHandler()


def close_log() -> None:
    """Write what is still queued for stderr, within a bound."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, LogHandler):
            root.removeHandler(handler)
            handler.close()
