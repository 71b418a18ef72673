import io
import logging
import os
import select
import sys
import threading
from collections.abc import Iterator
from typing import TextIO

import pytest

from spot_webcam.app.runtime.log_stream import LogStream


class Disk(io.StringIO):
    """A file on a disk that may be full."""

    full = False

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(text)


def record(text: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("cam", logging.INFO, "file", 1, text, args, None)


def test_lines_that_cannot_be_written_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    disk = Disk()
    log = LogStream(disk)
    log.handle(record("one"))
    disk.full = True
    log.handle(record("two"))
    log.handle(record("three"))
    disk.full = False
    log.handle(record("four"))
    log.handle(record("five"))
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


def test_reader_that_stops_reading_holds_nobody_up(pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    log = LogStream(stream, max_wait_s=0.0)
    log.handle(record("one"))
    assert os.read(reading, 100) == b"one\n"
    filling = fill(stream.fileno())
    log.handle(record("two"))
    log.handle(record("three"))
    while filling:
        filling -= len(os.read(reading, filling))
    log.handle(record("four"))
    assert os.read(reading, 100) == b"2 lines of the log were lost\nfour\n"


def test_line_that_had_room_in_part_is_ended_before_the_next(pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    log = LogStream(stream, max_wait_s=0.0)
    log.handle(record("y" * 2**20))
    read = os.read(reading, 2**20)
    assert 0 < len(read) < 2**20
    assert not read.strip(b"y")
    log.handle(record("next"))
    assert os.read(reading, 100) == b"\n1 lines of the log were lost\nnext\n"


def test_long_line_is_written_whole(pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    LogStream(stream, max_wait_s=0.0).handle(record("\N{SNOWMAN}" * 5000))
    assert os.read(reading, 2**20).decode() == "\N{SNOWMAN}" * 5000 + "\n"


def test_writer_that_hangs_holds_nobody_else_up() -> None:
    writing, go_on = threading.Event(), threading.Event()

    class Hanging(Disk):
        def write(self, text: str) -> int:
            writing.set()
            go_on.wait()
            return super().write(text)

    disk = Hanging()
    log = LogStream(disk, max_wait_s=0.0)
    other = threading.Thread(target=log.handle, args=(record("one"),))
    other.start()
    writing.wait()
    log.handle(record("two"))
    assert disk.getvalue() == ""
    go_on.set()
    other.join()
    assert disk.getvalue() == "one\n"


def test_filter_is_heard() -> None:
    disk = Disk()
    log = LogStream(disk)
    log.addFilter(lambda record: record.msg != "no")
    log.handle(record("no"))
    log.handle(record("yes"))
    assert disk.getvalue() == "yes\n"


def test_closed_stream_is_no_error() -> None:
    disk = Disk()
    disk.close()
    log = LogStream(disk)
    log.handle(record("lost"))
    log.flush()
    log.close()


def test_record_that_makes_no_line_is_told_as_a_defect(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["logging"], "raiseExceptions", True)
    LogStream(Disk()).handle(record("%d", "no number"))
    assert "Logging error" in capsys.readouterr().err
