"""The log on standard error, whatever becomes of who reads it."""

import logging
import os
import select
import threading
from typing import TextIO

from spot_webcam.domain.sources.address import DeviceAddress

# How long a line waits for room in a pipe: longer than a reader that is alive ever takes.
MAX_WAIT_S = 0.2


class LogStream(logging.Handler):
    """Goes on when a line cannot be written, and says how many were lost when one can be again.

    The reader of a pipe may end, or stop reading; a disk may be full: neither is worth a traceback
    for each line, nor may it hold up who logs. The first line that finds no room waits for
    `max_wait_s`, those after it for nothing.
    """

    def __init__(self, stream: TextIO, max_wait_s: float = MAX_WAIT_S) -> None:
        super().__init__()
        self._stream = stream
        self._max_wait_s = max_wait_s
        self._lost = 0
        self._torn = False
        self._turn = threading.Lock()
        try:
            self._descriptor: int | None = stream.fileno()
        except (OSError, ValueError):  # it is in memory, or closed
            self._descriptor = None

    def handle(self, record: logging.LogRecord) -> bool:
        """Emit a record, without the lock of other handlers, which is waited for without end."""
        if not self.filter(record):
            return False
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or count it as lost; a record that cannot be formatted is a defect."""
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - as the handlers of the standard library do
            self.handleError(record)
            return
        # Another process may take the room that was found, and a file's disk may hang.
        if not self._turn.acquire(timeout=self._patience_s()):
            self._lost += 1
            return
        try:
            self._write(line)
        except (OSError, ValueError):  # ValueError: the stream is closed
            self._lost += 1
        else:
            self._lost = 0
        finally:
            self._turn.release()

    def _patience_s(self) -> float:
        return 0.0 if self._lost else self._max_wait_s

    def _write(self, line: str) -> None:
        note = f"{self._lost} lines of the log were lost\n" if self._lost else ""
        text = f"{note}{line}\n"
        if self._descriptor is None:
            self._stream.write(text)
            self._stream.flush()
            return
        self._write_bytes(self._descriptor, text.encode(errors="backslashreplace"))

    def _write_bytes(self, descriptor: int, data: bytes) -> None:
        if self._torn:
            data = b"\n" + data
        while data:
            # A pipe that is ready has room for so many bytes.
            if not select.select([], [descriptor], [], self._patience_s())[1]:
                raise BlockingIOError("nobody reads the log")
            data = data[os.write(descriptor, data[: select.PIPE_BUF]) :]
            self._torn = bool(data)


class ScrubbedFormatter(logging.Formatter):
    """A formatter that takes the credentials of the cameras out of each line, tracebacks too.

    Libraries, and other packages' cameras, log and raise what they were asked to open.
    """

    def __init__(self, layout: str) -> None:
        super().__init__(layout)
        self.addresses: tuple[DeviceAddress, ...] = ()

    def format(self, record: logging.LogRecord) -> str:
        """Format the record, and scrub it."""
        text = super().format(record)
        for address in self.addresses:
            text = address.scrub(text)
        return text


def scrub_log(address: DeviceAddress) -> None:
    """Keep the credentials of an address out of the log that `start_log` began."""
    for handler in logging.getLogger().handlers:
        formatter = handler.formatter
        if isinstance(formatter, ScrubbedFormatter) and address not in formatter.addresses:
            formatter.addresses = (*formatter.addresses, address)
