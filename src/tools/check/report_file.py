"""Where the result for machines goes."""

import os
import sys
from pathlib import Path

from spot_webcam.app.cli.command_line import CouldNotRun

STDOUT = "-"


class ReportFile:
    """A file that is tried before the first call, and left as it was when there is no result."""

    def __init__(self, name: str | None) -> None:
        """Take the value of `--json`, `None` for no result.

        Raises:
            CouldNotRun: the file cannot be written.
        """
        self._name = name
        self._made = False
        if name is None or name == STDOUT:
            return
        path = Path(name)
        self._made = not path.exists()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a"):
                pass
        except OSError as error:
            raise _not_written(name, error) from error

    def write(self, text: str) -> None:
        """Write the result; raises `CouldNotRun`, as when the disk is full."""
        if self._name is None:
            return
        try:
            if self._name == STDOUT:
                sys.stdout.write(text)
                sys.stdout.flush()
            else:
                Path(self._name).write_text(text)
        except OSError as error:
            if self._name == STDOUT:
                _drop_standard_output()
            raise _not_written(self._name, error) from error

    def leave(self) -> None:
        """Take away what was made for a result that there is not."""
        if self._made and self._name is not None:
            Path(self._name).unlink(missing_ok=True)


def _not_written(name: str, error: OSError) -> CouldNotRun:
    return CouldNotRun(f"--json {name}: {error.strerror or error}: choose another file")


def _drop_standard_output() -> None:
    """Have the interpreter not try once more to write what is left, at its end."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):  # it is in memory
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
