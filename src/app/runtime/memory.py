"""Memory of the process: glibc's allocator (ADR 20), and limits that fit the host (ADR 19)."""

import ctypes
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from spot_webcam.app.settings import Limits

# Of mallopt(3).
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
MIB = 1024 * 1024
# Free memory of answers and frames is kept for the next ones. Returning it to the system and
# requesting it again, page by page, costs a third of the rate of raw pictures.
KEPT_BYTES = 64 * MIB
# Blocks up to this size, pictures of 1080p, come from that memory. Larger ones are mapped: they
# would leave holes of their size, in which the next larger one does not fit.
MAX_KEPT_BYTES = 8 * MIB
_VARIABLE = "MALLOC_ARENA_MAX"
# Between returns of free memory to the system. Each costs 5 ms, after large answers some tens of
# them, during which other threads wait for memory.
TRIM_PERIOD_S = 10.0
# Parts of the memory that the process may use: for answers on their way, each of which exists
# twice, and for what is kept of a frame.
IN_FLIGHT_PART, CACHED_PART = 8, 16


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


def limits_within(memory_bytes: int) -> Limits:
    """Return the limits of a process that may use so much memory: smaller ones below 1 GiB."""
    limits = Limits()
    in_flight = min(limits.bytes_in_flight, memory_bytes // IN_FLIGHT_PART)
    return replace(
        limits,
        bytes_in_flight=in_flight,
        small_bytes_in_flight=limits.small_bytes_in_flight * in_flight // limits.bytes_in_flight,
        cached_bytes=min(limits.cached_bytes, memory_bytes // CACHED_PART),
    )


def memory_limit_bytes(root: Path = Path("/")) -> int:
    """Return how much memory this process may use: the host's, or less by its control groups."""
    host_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([host_bytes, *_limits_of_groups(root)])


def _limits_of_groups(root: Path) -> list[int]:
    """Return the limits of the groups of this process and of all groups that hold these."""
    try:
        groups = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:  # not Linux
        return []
    limits: list[int] = []
    for _, controllers, name in (group.split(":", 2) for group in groups):
        if controllers == "":  # version 2
            base, file = root / "sys/fs/cgroup", "memory.max"
        elif "memory" in controllers.split(","):
            base, file = root / "sys/fs/cgroup/memory", "memory.limit_in_bytes"
        else:
            continue
        path = base / name.lstrip("/")
        for folder in (path, *path.parents[: len(path.parts) - len(base.parts)]):
            with suppress(OSError, ValueError):  # none here, or "max"
                limits.append(int((folder / file).read_text()))
    return limits


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
