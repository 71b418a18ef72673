"""Log handler that never blocks its callers: a bounded queue and a thread that writes."""

import copy
import logging
import os
import queue
import select
import threading
import time
from logging.handlers import QueueHandler
from typing import Any, Protocol, TextIO

from spot_webcam.app.runtime.log_limit import RepeatLimit
from spot_webcam.domain.sources.address import DeviceAddress

# Between looks for lines that were held back.
LOOK_S = 1.0


class LogOutput(Protocol):
    """Where lines go. One thread calls it."""

    def write(self, line: str) -> None:
        """Write a line; may block. Raises `OSError` or `ValueError` if it cannot be written."""
        ...

    def close(self) -> None:
        """Release what it holds."""
        ...


class StreamOutput:
    """Writes lines to a stream, whose reader may be slow, or share it with others."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._line_is_open = False
        try:
            self._descriptor: int | None = stream.fileno()
        except (OSError, ValueError):  # a stream in memory, or a closed one
            self._descriptor = None

    def write(self, line: str) -> None:
        """Write a line and its end."""
        if self._descriptor is None:
            self._stream.write(f"{line}\n")
            self._stream.flush()
            return
        data = f"{line}\n".encode(errors="backslashreplace")
        if self._line_is_open:
            data = b"\n" + data
        while data:
            # Another process may have made a shared pipe non-blocking: wait for room.
            select.select([], [self._descriptor], [])
            data = data[os.write(self._descriptor, data[: select.PIPE_BUF]) :]
            self._line_is_open = bool(data)

    def close(self) -> None:
        """Leave the stream open: it is another's."""


class LogHandler(QueueHandler):
    """Writes lines to an output; lines that it cannot keep or write are dropped and counted.

    The reader of a pipe may end or stop reading, and a disk may be full. The number of dropped
    lines is written before the next line that is written. Repeated lines are limited.
    """

    def __init__(
        self,
        output: LogOutput,
        max_queued: int = 1000,
        max_close_s: float = 0.2,
        limit: RepeatLimit | None = None,
    ) -> None:
        """Start to write; `close` waits for up to `max_close_s` until all lines are written."""
        lines: queue.Queue[str | None] = queue.Queue(max_queued)
        super().__init__(lines)
        self._lines = lines
        self._output = output
        self._max_close_s = max_close_s
        self._limit = limit or RepeatLimit(time.monotonic)
        self._count_lock = threading.Lock()
        self._dropped = 0
        self._writer = threading.Thread(target=self._write_lines, name="log", daemon=True)
        self._writer.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a line, unless there were many like it."""
        try:
            is_admitted = self._limit.admits(record)
        except Exception:  # noqa: BLE001 - of a message that does not fit its values
            self.handleError(record)
            return
        if is_admitted:
            super().emit(record)

    def prepare(self, record: logging.LogRecord) -> Any:
        """Return the line of a record."""
        return self.format(record)

    def enqueue(self, record: Any) -> None:
        """Queue a line, or drop it."""
        try:
            self._lines.put_nowait(record)
        except queue.Full:
            self._count(1)

    def flush(self) -> None:
        """Wait until all lines are written, within the bound."""
        written = self._lines.all_tasks_done
        with written:
            written.wait_for(lambda: not self._lines.unfinished_tasks, self._max_close_s)

    def close(self) -> None:
        """Write what is queued, within the bound, and end the thread unless a reader blocks it."""
        for record in self._limit.rest():
            self.enqueue(self.format(record))
        self.flush()
        try:
            self._lines.put_nowait(None)
        except queue.Full:
            pass
        else:
            self._writer.join(self._max_close_s)
            if not self._writer.is_alive():
                self._output.close()
        super().close()

    def _write_lines(self) -> None:
        line: str | None = ""
        while line is not None:
            try:
                line = self._lines.get(timeout=LOOK_S)
            except queue.Empty:
                self._write_due()
                continue
            self._write_due()
            if line is not None:
                self._write_or_count(line)
            self._lines.task_done()

    def _write_due(self) -> None:
        for record in self._limit.due():
            self._write_or_count(self.format(record))

    def _write_or_count(self, line: str) -> None:
        dropped = self._dropped
        try:
            if dropped:
                self._output.write(self.format(_lost(dropped)))
                self._count(-dropped)
            self._output.write(line)
        except (OSError, ValueError):  # ValueError: the stream is closed
            self._count(1)

    def _count(self, change: int) -> None:
        with self._count_lock:
            self._dropped += change


def _lost(count: int) -> logging.LogRecord:
    record = logging.LogRecord(
        __name__, logging.WARNING, __file__, 0, "%d lines of the log were lost", (count,), None
    )
    record.__dict__["lost"] = count
    return record


class ScrubbedFormatter(logging.Formatter):
    """A formatter that takes the credentials of the cameras out of each line, tracebacks too.

    Libraries, and other packages' cameras, log and raise what they were asked to open. Unless
    verbose, a record is one line, with the error in place of its traceback: gRPC logs many.
    """

    def __init__(self, layout: str, *, verbose: bool = True) -> None:
        super().__init__(layout)
        self._verbose = verbose
        self.addresses: tuple[DeviceAddress, ...] = ()

    def format(self, record: logging.LogRecord) -> str:
        """Format the record, and scrub it."""
        return self.scrub(super().format(record if self._verbose else _without_traceback(record)))

    def scrub(self, text: str) -> str:
        """Return a text without the credentials of the cameras."""
        for address in self.addresses:
            text = address.scrub(text)
        return text


def _without_traceback(record: logging.LogRecord) -> logging.LogRecord:
    """Return a copy that is one line: of a message, its first line and the error."""
    short = copy.copy(record)
    error = record.exc_info[1] if record.exc_info else None
    lines = [line for line in record.getMessage().splitlines() if line.strip()]
    # Of a traceback in the message the error comes last.
    parts = lines[:1] + lines[-1:] if len(lines) > 1 else lines
    if error is not None:
        parts.append(f"{type(error).__name__}: {' '.join(str(error).split())}")
    short.msg, short.args = " | ".join(parts), None
    short.exc_info = short.exc_text = short.stack_info = None
    return short


def scrub_log(address: DeviceAddress) -> None:
    """Keep the credentials of an address out of the log that `start_log` began."""
    for handler in logging.getLogger().handlers:
        formatter = handler.formatter
        if isinstance(formatter, ScrubbedFormatter) and address not in formatter.addresses:
            formatter.addresses = (*formatter.addresses, address)
