"""The log on standard error, whatever becomes of who reads it."""

import logging
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    _Handler = logging.StreamHandler[TextIO]
else:  # Python 3.10 has no generic one
    _Handler = logging.StreamHandler


class LogStream(_Handler):
    """Goes on when a line cannot be written, and says how many were lost when one can be again.

    The reader of a pipe may end, a disk may be full: neither is worth a traceback for each line.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or count it as lost; a record that cannot be formatted is a defect."""
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - as the handlers of the standard library do
            self.handleError(record)
            return
        note = f"{self._lost} lines of the log were lost\n" if self._lost else ""
        try:
            self.stream.write(f"{note}{line}\n")
            self.stream.flush()
        except (OSError, ValueError):  # ValueError: the stream is closed
            self._lost += 1
        else:
            self._lost = 0

    def flush(self) -> None:
        """Nothing: every line was flushed, or is lost."""
