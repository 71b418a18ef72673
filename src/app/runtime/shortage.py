"""Recognise what the host is short of: tasks, memory or descriptors."""

import errno
import mmap
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack

TASKS = (
    "cannot start another thread: the limit on tasks is reached"
    " (ulimit -u, TasksMax= or pids.max): raise it"
)
MEMORY = (
    "out of memory (ulimit -v, LimitAS=, MemoryMax= or all of the host's): raise the limit, or end"
    " other programs"
)
DESCRIPTORS = "too many open files (ulimit -n or LimitNOFILE=): raise the limit"

_BY_NUMBER = {
    errno.EMFILE: DESCRIPTORS,
    errno.ENFILE: DESCRIPTORS,
    errno.ENOMEM: MEMORY,
}
# What the interpreter, the dynamic linker and protobuf say in errors that have no number.
_BY_TEXT = {
    "failed to map segment": MEMORY,
    "cannot allocate memory": MEMORY,
    "cannot create shared object descriptor": MEMORY,
    "cannot map zero-fill pages": MEMORY,
    "out of memory": MEMORY,
    "too many open files": DESCRIPTORS,
}
_NO_THREAD = "can't start new thread"
# Stack that the C library maps for a thread, unless `ulimit -s` says otherwise.
_STACK_BYTES = 8 * 1024 * 1024


class Shortage(Exception):
    """The host grants less than is needed; its text says which limit to raise."""


def shortage(error: BaseException) -> str | None:
    """Return the resource that caused an error, and the limit to raise; `None`: another cause."""
    for one in _causes(error):
        if isinstance(one, Shortage):
            return str(one)
        if isinstance(one, MemoryError):
            return MEMORY
        if isinstance(one, OSError) and one.errno in _BY_NUMBER:
            return _BY_NUMBER[one.errno]
        text = str(one).casefold()
        if isinstance(one, RuntimeError) and _NO_THREAD in text:
            return TASKS if _has_room_for_a_stack() else MEMORY
        for part, what in _BY_TEXT.items():
            if part in text:
                return what
    return None


def require(tasks: int, descriptors: int) -> None:
    """Check that the host grants so many to this process, by taking them for a moment.

    gRPC waits for ever, deaf to signals, for threads that it could not start, and aborts without
    the descriptors that it needs.

    Raises:
        Shortage: it does not.
    """
    end = threading.Event()
    with ExitStack() as taken:
        try:
            for _ in range(descriptors):
                taken.callback(os.close, os.open(os.devnull, os.O_RDONLY))
            for _ in range(tasks - threading.active_count()):
                thread = threading.Thread(target=end.wait, name="required", daemon=True)
                thread.start()
                taken.callback(thread.join)
        except (OSError, RuntimeError) as error:
            what = shortage(error) or str(error)
            need = {TASKS: f"; {tasks} are needed", DESCRIPTORS: f"; {descriptors} more are needed"}
            raise Shortage(what + need.get(what, "")) from error
        finally:
            end.set()


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _has_room_for_a_stack() -> bool:
    """Return whether a thread could not start for the number of tasks, and not for memory."""
    try:
        mmap.mmap(-1, _STACK_BYTES, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except OSError:
        return False
    return True
