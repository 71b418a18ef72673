"""Threads that tests watch."""

import threading


def threads_of_python() -> set[threading.Thread]:
    """Return all threads but gRPC's own: those of its C++ core that once called into Python.

    They never end, and the dummies that stand for them cannot be joined.
    """
    dummy = threading._DummyThread  # noqa: SLF001 - Python has no public name for it
    return {thread for thread in threading.enumerate() if not isinstance(thread, dummy)}
