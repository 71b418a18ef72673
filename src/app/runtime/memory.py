"""How much memory the C library keeps for itself: glibc's much, others' little."""

import ctypes
import os
import time
from collections.abc import Callable

# Of mallopt(3).
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
MIB = 1024 * 1024
# Memory that answers and frames leave is kept for the next ones, rather than given back to the
# system and asked for again, page by page: with raw pictures that costs a third of the rate.
KEPT_BYTES = 64 * MIB
# Up to this size, which is the largest that there may be, all comes from that memory.
MAX_KEPT_BYTES = 32 * MIB
_VARIABLE = "MALLOC_ARENA_MAX"
# How often free memory goes back to the system. It costs 5 ms, some tens of them after large
# answers, in which other threads wait for memory.
TRIM_PERIOD_S = 10.0


def share_one_arena() -> bool:
    """Have all threads allocate from one arena, which keeps some; return whether it does so.

    By default glibc gives each thread one of its own, up to eight for each processor, and each
    keeps what a large answer once took: 800 MB after 50 clients of raw pictures. What the
    environment says goes first.
    """
    mallopt = _function("mallopt")
    if _VARIABLE in os.environ or mallopt is None:
        return False
    shared = mallopt(_M_ARENA_MAX, 1)
    kept = mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)
    return bool(shared and kept and mallopt(_M_MMAP_THRESHOLD, MAX_KEPT_BYTES))


class FreeMemory:
    """Gives free memory back to the system now and then."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._trim = _function("malloc_trim")
        self._now_s = now_s
        self._trimmed_s = now_s()

    def give_back_when_due(self) -> bool:
        """Give it back if it is time to; return whether it was done."""
        if self._trim is None or self._now_s() - self._trimmed_s < TRIM_PERIOD_S:
            return False
        self._trim(0)
        self._trimmed_s = self._now_s()
        return True


def _function(name: str) -> Callable[..., int] | None:
    """Return a function of the C library, if it has one of that name."""
    try:
        found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):
        return None
    return found
