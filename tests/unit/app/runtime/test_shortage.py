import errno
import os
import resource
import threading
from collections.abc import Iterator

import pytest

from spot_webcam.app.runtime import shortage as module
from spot_webcam.app.runtime.shortage import DESCRIPTORS, MEMORY, TASKS, Shortage, require, shortage


def _caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (RuntimeError("can't start new thread"), TASKS),
        (MemoryError(), MEMORY),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), MEMORY),
        (ImportError("libaom.so.3: failed to map segment from shared object"), MEMORY),
        (OSError("libx.so: cannot allocate memory in static TLS block"), MEMORY),
        (TypeError("Couldn't build proto file into descriptor pool: out of memory"), MEMORY),
        (OSError(errno.EMFILE, "Too many open files"), DESCRIPTORS),
        (OSError(errno.ENFILE, "Too many open files in system"), DESCRIPTORS),
        (ImportError("cv2.so: cannot open shared object file: Too many open files"), DESCRIPTORS),
        (_caused(ImportError("numpy's own words"), MemoryError()), MEMORY),
        (Shortage("20 are needed"), "20 are needed"),
        (RuntimeError("another one"), None),
        (OSError(errno.ENOENT, "No such file"), None),
        (ZeroDivisionError(), None),
    ],
)
def test_error_says_what_is_short(error: Exception, what: str | None) -> None:
    assert shortage(error) == what


def test_thread_without_room_for_its_stack_is_want_of_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(module.mmap, "mmap", refuse)
    assert shortage(RuntimeError("can't start new thread")) == MEMORY


@pytest.fixture
def threads_before() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    # Threads of earlier tests may end meanwhile.
    assert set(threading.enumerate()) <= before


def test_what_is_required_is_given_back(threads_before: None) -> None:
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    require(tasks=threading.active_count() + 5, descriptors=5)
    again = os.open(os.devnull, os.O_RDONLY)
    os.close(again)
    assert again == descriptor


def test_tasks_that_are_not_given_are_counted(
    threads_before: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, given = threading.Thread.start, []

    def sparing(thread: threading.Thread) -> None:
        if len(given) == 3:
            raise RuntimeError("can't start new thread")
        given.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", sparing)
    with pytest.raises(Shortage, match=r"limit on tasks is reached .*; 60 are needed"):
        require(tasks=60, descriptors=0)
    assert len(given) == 3


def test_descriptors_that_are_not_given_are_counted() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + 2, hard))
    try:
        with pytest.raises(Shortage, match=r"too many open files .*; 5000 more are needed"):
            require(tasks=0, descriptors=5000)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
