"""A measured process's side of the talk with the bench: lines of JSON, in and out."""

import json
import os
import sys
from collections.abc import Callable
from typing import Any, TextIO


def own_stdout() -> TextIO:
    """Return the standard output for the talk alone; what others print goes to stderr.

    The SDK prints.
    """
    talk = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    sys.stdout.flush()
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return talk


def talk(out: TextIO, hello: Any, answer: Callable[[Any], Any]) -> None:
    """Say hello, and answer each message until there are no more: the bench has ended, too."""
    _say(out, hello)
    for line in sys.stdin:
        _say(out, answer(json.loads(line)))


def _say(out: TextIO, message: Any) -> None:
    out.write(json.dumps(message) + "\n")
    out.flush()
