"""What all commands share: one-line errors, exit codes, the log."""

import argparse
import logging
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from spot_webcam.app.runtime.log_handler import LogHandler, ScrubbedFormatter
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.credential_forms import MIN_BARE_CHARS

# The SDK's loggers are below its package's name, and below the names that we give it.
SDK_LOGGERS = ("bosdyn", "spot-webcam")
_LINE = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
EXIT_STOPPED, EXIT_COULD_NOT_RUN, EXIT_MISUSED = 0, 1, 2


_ONLY_FLAG = re.compile(r"-[A-Za-z]|--[A-Za-z][A-Za-z0-9-]*")
# Of `-xVALUE` and `--flag=VALUE` too.
_FLAG = re.compile(r"-[A-Za-z]|--[A-Za-z][A-Za-z0-9-]*(?==|\Z)")


class Misused(Exception):
    """The command line asks for something that makes no sense; its text says what would."""


class CouldNotRun(Exception):
    """The command was fine and the world was not; its text says what to change there."""


class OneLineParser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, and repeat no value.

    A value may be a secret, or an address with a password, that stands in the wrong place.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._words: tuple[str, ...] = ()

    # Overridden without overloads: argparse has three signatures for it.
    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse all words; ends the process with one line if that is not possible."""
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            command = getattr(options, "command", None)
            self._exit(f"{self.prog} {command}" if command else self.prog, _unrecognized(unknown))
        return options

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse what is known; the words are kept, to take them out of errors."""
        self._words = tuple(sys.argv[1:] if args is None else args)
        return super().parse_known_args(self._words, namespace)

    def error(self, message: str) -> NoReturn:
        """Print the message without the usage and the values given, and exit with 2."""
        self._exit(self.prog, _without_values(message, self._words))

    def _exit(self, prog: str, message: str) -> NoReturn:
        self.exit(EXIT_MISUSED, f"{prog}: {message} (see {prog} --help)\n")


def _unrecognized(words: Sequence[str]) -> str:
    """Return an error that names the flags, and counts the other words."""
    flags = [found[0] for found in map(_FLAG.match, words) if found]
    others = sum(_ONLY_FLAG.fullmatch(word) is None for word in words)
    counted = [f"{others} value{'s' if others > 1 else ''}"] if others else []
    return f"unrecognized arguments: {' and '.join([' '.join(flags)] * bool(flags) + counted)}"


def _without_values(message: str, words: Sequence[str]) -> str:
    """Return a message of argparse, of any version, without the values among the words."""
    for word in sorted(words, key=len, reverse=True):
        flag, equals, value = word.partition("=")
        if not _ONLY_FLAG.fullmatch(flag):
            flag, value = "", word
        if flag and equals:
            message = message.replace(word, f"{flag}=...").replace(repr(word), f"{flag}=...")
        if value:
            message = message.replace(f" {value!r}:", ":").replace(repr(value), "the value")
        if len(value) >= MIN_BARE_CHARS:
            message = message.replace(value, "...")
    return message


def quoted(word: str) -> str:
    """Return a wrong word for a message: it may be a camera's address in the wrong place."""
    return repr(str(DeviceAddress(word)))


def start_log(*, verbose: bool) -> None:
    """Log to stderr: our own from INFO on, or everyone's from DEBUG on when verbose.

    But for the SDK's: its debug log holds every message, secrets and tokens in them, and its
    errors are tracebacks of what we handle.
    """
    handler = LogHandler(sys.stderr) if sys.stderr else logging.NullHandler()
    handler.setFormatter(ScrubbedFormatter(_LINE))
    logging.basicConfig(
        handlers=[handler],
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
