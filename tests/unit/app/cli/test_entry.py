"""What a command ends with whose output cannot be written."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spot_webcam.app.cli.entry import Output, final_code

LOST = "spot-webcam: cannot write to standard output: No space left on device\n"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")


def printing(text: str, output: Output) -> BaseException | None:
    """Return what ends a command that prints."""
    sys.stdout = output.text(sys.stdout)
    try:
        print(text, flush=True)  # noqa: T201 - what is tested
    except OSError as error:
        return error
    return None


@pytest.fixture
def full() -> Iterator[Output]:
    before, descriptor = sys.stdout, os.open("/dev/full", os.O_WRONLY)
    yield Output(descriptor)
    sys.stdout = before
    os.close(descriptor)


@pytest.fixture
def closed_pipe() -> Iterator[Output]:
    reading, writing = os.pipe()
    os.close(reading)
    before = sys.stdout
    yield Output(writing)
    sys.stdout = before
    os.close(writing)


@pytest.mark.parametrize("text", ["short", 100_000 * "long"])
def test_full_disk_is_no_defect(
    text: str, full: Output, capsys: pytest.CaptureFixture[str]
) -> None:
    failure = printing(text, full)
    assert isinstance(failure, OSError)
    assert final_code(1, failure, full) == 1
    assert capsys.readouterr().err == LOST


def test_what_only_the_last_flush_writes_counts_too(
    full: Output, capsys: pytest.CaptureFixture[str]
) -> None:
    sys.stdout = full.text(None)
    print("help")  # noqa: T201 - as argparse does
    assert final_code(0, None, full) == 1
    assert capsys.readouterr().err == LOST


def test_command_that_failed_has_said_why(full: Output, capsys: pytest.CaptureFixture[str]) -> None:
    printing("text", full)
    assert final_code(2, None, full) == 2
    assert capsys.readouterr().err == ""


def test_other_errors_are_defects_as_before(
    full: Output, capsys: pytest.CaptureFixture[str]
) -> None:
    printing("text", full)
    assert final_code(1, OSError(errno.ENOSPC, "another file"), full) == 1
    assert "a defect: please report it" in capsys.readouterr().err


def test_reader_that_has_read_enough_is_no_error(
    closed_pipe: Output, capsys: pytest.CaptureFixture[str]
) -> None:
    failure = printing("text", closed_pipe)
    assert isinstance(failure, BrokenPipeError)
    assert final_code(1, failure, closed_pipe) == 0
    assert final_code(1, None, closed_pipe) == 1
    assert capsys.readouterr().err == ""


def test_name_that_is_no_text_is_escaped(tmp_path: Path) -> None:
    file = tmp_path / "out"
    with file.open("wb") as raw:
        stream = Output(raw.fileno()).text(None)
        print("a\udcffb", file=stream, flush=True)
    assert file.read_bytes() == b"a\\udcffb\n"


def test_stream_is_that_of_the_descriptor(full: Output) -> None:
    stream = full.text(sys.stdout)
    assert Path(f"/proc/self/fd/{stream.fileno()}").readlink() == Path("/dev/full")
    assert not stream.isatty()
