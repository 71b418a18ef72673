"""How much memory the C library keeps for itself: glibc's much, others' little."""

import ctypes
import os
import time
from collections.abc import Callable

# Of mallopt(3).
_M_ARENA_MAX = -8
ARENAS = 2
_VARIABLE = "MALLOC_ARENA_MAX"
# How often free memory goes back to the system. It costs 5 ms, some tens of them after large
# answers, in which other threads wait for memory.
TRIM_PERIOD_S = 10.0


def share_arenas() -> bool:
    """Have all threads allocate from a few arenas; return whether the C library does so.

    By default glibc gives each thread one of its own, up to eight for each processor, and each
    keeps what a large answer once took: 800 MB after 50 clients of raw pictures, 310 MB with
    two arenas, at the same rate (measured on two processors). What the environment says goes
    first.
    """
    mallopt = _function("mallopt")
    if _VARIABLE in os.environ or mallopt is None:
        return False
    return bool(mallopt(_M_ARENA_MAX, ARENAS))


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
