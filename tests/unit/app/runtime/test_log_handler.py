import io
import logging
import os
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, TextIO

import pytest

from spot_webcam.app.runtime.log_handler import LogHandler, StreamOutput
from spot_webcam.app.runtime.log_limit import RepeatLimit
from tests.timing import PATIENCE_S, eventually

Log = Callable[..., LogHandler]


class Disk(io.StringIO):
    """A file on a disk that may be full."""

    full = False

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(text)


class Blocking(Disk):
    """A stream whose writes block until they are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.writing, self.go_on = threading.Event(), threading.Event()
        self.written = threading.Semaphore(0)

    def write(self, text: str) -> int:
        self.writing.set()
        self.go_on.wait(PATIENCE_S)
        count = super().write(text)
        self.written.release()
        return count


@pytest.fixture
def log() -> Iterator[Log]:
    """Make handlers, and close them afterwards."""
    with ExitStack() as stack:

        def log(stream: TextIO, **options: Any) -> LogHandler:
            handler = LogHandler(StreamOutput(stream), **{"max_close_s": PATIENCE_S, **options})
            stack.callback(handler.close)
            return handler

        yield log


def record(text: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("cam", logging.INFO, "file", 1, text, args, None)


def write(handler: LogHandler, *texts: str) -> None:
    """Log lines, and wait until they are written or dropped."""
    for text in texts:
        handler.handle(record(text))
    handler.flush()


def test_lines_that_cannot_be_written_are_counted(
    log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    disk = Disk()
    handler = log(disk)
    write(handler, "one")
    disk.full = True
    write(handler, "two", "three")
    disk.full = False
    write(handler, "four", "five")
    assert disk.getvalue() == "one\n2 lines of the log were lost\nfour\nfive\n"
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """The end of a pipe to read from, and a stream into the other one."""
    reading, writing = os.pipe()
    with open(writing, "w", encoding="utf-8") as stream:  # noqa: PTH123 - it has no path
        yield reading, stream
    os.close(reading)


def fill(descriptor: int) -> int:
    """Write until a pipe is full, and return how much it took."""
    count = 0
    while select.select([], [descriptor], [], 0)[1]:
        count += os.write(descriptor, b"x" * select.PIPE_BUF)
    return count


def read_until(descriptor: int, end: bytes) -> bytes:
    """Read until the data ends so."""
    data = b""
    while not data.endswith(end):
        assert select.select([descriptor], [], [], PATIENCE_S)[0]
        data += os.read(descriptor, 2**16)
    return data


def test_reader_that_stops_reading_blocks_nobody(log: Log, pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    handler = log(stream, max_queued=2, limit=RepeatLimit(time.monotonic, burst=1000))
    write(handler, "one")
    assert os.read(reading, 100) == b"one\n"
    filling = fill(stream.fileno())
    for number in range(100):
        handler.handle(record(f"line {number}"))
    while filling:
        filling -= len(os.read(reading, filling))
    handler.flush()
    write(handler, "last")
    lines = read_until(reading, b"last\n").decode().splitlines()
    # More than one, if lines were lost before the writer came to wait for the reader.
    notes = [line for line in lines if line.endswith("lines of the log were lost")]
    assert notes
    assert sum(int(note.split()[0]) for note in notes) + len(lines) - len(notes) - 1 == 100


def test_writer_that_hangs_blocks_nobody_and_what_is_dropped_is_counted(log: Log) -> None:
    stream = Blocking()
    handler = log(stream, max_queued=1)
    handler.handle(record("one"))
    assert stream.writing.wait(PATIENCE_S)
    for text in ("two", "three", "four"):
        handler.handle(record(text))
    assert stream.getvalue() == ""
    stream.go_on.set()
    handler.flush()
    assert stream.getvalue() == "one\n2 lines of the log were lost\ntwo\n"


def test_end_is_not_held_up_by_a_writer_that_hangs() -> None:
    stream = Blocking()
    handler = LogHandler(StreamOutput(stream), max_queued=1, max_close_s=0.0)
    handler.handle(record("one"))
    assert stream.writing.wait(PATIENCE_S)
    handler.handle(record("two"))
    handler.close()
    assert stream.getvalue() == ""
    stream.go_on.set()
    assert stream.written.acquire(timeout=PATIENCE_S)
    assert stream.written.acquire(timeout=PATIENCE_S)
    # Only now has the queue room for the request to end.
    handler.close()


def test_line_that_was_cut_off_is_ended_before_the_next(
    log: Log, pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, stream = pipe
    handler = log(stream)
    real_write = os.write
    disk_is_full = iter([False, True])

    def write_some(descriptor: int, data: bytes) -> int:
        if next(disk_is_full, False):
            raise OSError(28, "No space left on device")
        return real_write(descriptor, data)

    monkeypatch.setattr(os, "write", write_some)
    write(handler, "y" * 5000, "next")
    data = read_until(reading, b"next\n")
    assert data == b"y" * select.PIPE_BUF + b"\n1 lines of the log were lost\nnext\n"


def test_long_line_is_written_whole(log: Log, pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    write(log(stream), "\N{SNOWMAN}" * 5000)
    assert read_until(reading, b"\n").decode() == "\N{SNOWMAN}" * 5000 + "\n"


def test_filter_is_heard(log: Log) -> None:
    disk = Disk()
    handler = log(disk)
    handler.addFilter(lambda record: record.msg != "no")
    write(handler, "no", "yes")
    assert disk.getvalue() == "yes\n"


def test_closed_stream_is_no_error() -> None:
    disk = Disk()
    disk.close()
    handler = LogHandler(StreamOutput(disk))
    write(handler, "lost")
    handler.close()


def test_record_that_makes_no_line_is_reported_as_a_defect(
    log: Log, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["logging"], "raiseExceptions", True)
    log(Disk()).handle(record("%d", "no number"))
    assert "Logging error" in capsys.readouterr().err


def test_repeated_lines_are_limited_and_the_last_one_is_written(log: Log) -> None:
    stream = io.StringIO()
    handler = log(stream, limit=RepeatLimit(lambda: 0.0, burst=2))
    write(handler, "again", "again", "again", "again", "another logger's line")
    assert stream.getvalue() == "again\nagain\n"
    handler.close()
    assert stream.getvalue().splitlines()[2:] == [
        "another logger's line (2 like it were left out before)"
    ]


def test_line_that_was_held_back_is_written_when_its_time_has_come(log: Log) -> None:
    stream, now_s = io.StringIO(), [0.0]
    handler = log(stream, limit=RepeatLimit(lambda: now_s[0], burst=1, period_s=10.0))
    write(handler, "one", "two")
    assert stream.getvalue() == "one\n"
    now_s[0] = 10.0
    assert eventually(lambda: stream.getvalue() == "one\ntwo\n")


def test_message_that_does_not_fit_its_values_disturbs_nobody(
    log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = log(io.StringIO(), limit=RepeatLimit(lambda: 0.0, burst=0))
    handler.handle(record("%d", "one"))
    assert "Logging error" in capsys.readouterr().err
