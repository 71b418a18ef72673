import io
import logging
import sys

import pytest

from spot_webcam.app.log_stream import LogStream


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
