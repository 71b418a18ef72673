"""Imports without garbage collection, because what they create lives as long as the process."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Do not collect garbage meanwhile, and never visit what exists afterwards.

    The daemon's imports create 100,000 objects. Collections among them took a tenth of its start,
    and each full collection later would hold up all threads for 30 to 50 ms.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
