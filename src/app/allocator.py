"""How much memory the C library keeps for itself."""

import ctypes
import os

# Of mallopt(3).
_M_ARENA_MAX = -8
ARENAS = 2
_VARIABLE = "MALLOC_ARENA_MAX"


def share_arenas() -> bool:
    """Have all threads allocate from a few arenas; return whether the C library does so.

    By default glibc gives each thread one of its own, up to eight for each processor, and each
    keeps what a large answer once took: 800 MB after 50 clients of raw pictures, 310 MB with
    two arenas, at the same rate (measured on two processors). Other C libraries have none, and
    an environment that says something else is right.
    """
    if _VARIABLE in os.environ:
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(_M_ARENA_MAX, ARENAS))
