"""Settings of glibc's allocator: how much free memory the process keeps (ADR 20)."""

import ctypes
import os
import time
from collections.abc import Callable

# Of mallopt(3).
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
MIB = 1024 * 1024
# Free memory of answers and frames is kept for the next ones. Returning it to the system and
# requesting it again, page by page, costs a third of the rate of raw pictures.
KEPT_BYTES = 64 * MIB
# Blocks up to this size, the largest that glibc accepts, come from that memory.
MAX_KEPT_BYTES = 32 * MIB
_VARIABLE = "MALLOC_ARENA_MAX"
# Between returns of free memory to the system. Each costs 5 ms, after large answers some tens of
# them, during which other threads wait for memory.
TRIM_PERIOD_S = 10.0


def share_one_arena() -> bool:
    """Make all threads allocate from one arena; return whether that was possible.

    ADR 20: 0.57 to 0.81 of a bare server's rate of raw pictures. By default glibc has up to eight
    arenas per processor, and each keeps what a large answer once took: 800 MB after 50 clients
    of raw pictures. `MALLOC_ARENA_MAX` in the environment takes precedence.
    """
    mallopt = _function("mallopt")
    if _VARIABLE in os.environ or mallopt is None:
        return False
    shared = mallopt(_M_ARENA_MAX, 1)
    kept = mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)
    return bool(shared and kept and mallopt(_M_MMAP_THRESHOLD, MAX_KEPT_BYTES))


class FreeMemory:
    """Returns free memory to the system periodically (ADR 20)."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._trim = _function("malloc_trim")
        self._now_s = now_s
        self._trimmed_s = now_s()

    def trim_when_due(self) -> bool:
        """Return free memory if it is due; return whether that was done."""
        if self._trim is None or self._now_s() - self._trimmed_s < TRIM_PERIOD_S:
            return False
        self._trim(0)
        self._trimmed_s = self._now_s()
        return True


def _function(name: str) -> Callable[..., int] | None:
    """Return a function of the C library, or `None` if it does not exist."""
    try:
        found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):
        return None
    return found
