"""CPU time and memory of a process and its descendants, read from the outside. Linux only."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from spot_webcam.domain.timing import NANOSECONDS

MEBIBYTE_KIB = 1024


def descendants(pid: int) -> Iterator[int]:
    """Return all processes below one, by the kernel's list of each thread's children."""
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(word) for word in listed.read_text().split()]
        except OSError:  # the thread has ended meanwhile
            continue
        for child in children:
            yield child
            yield from descendants(child)


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process and its descendants; 0 of those that have ended.

    The CPU-time clock of a process counts nanoseconds, where /proc/PID/stat counts 10 ms: an idle
    daemon uses a few of these in a slice. Its clock number is that of glibc's
    `clock_getcpuclockid`, which Python does not offer.
    """
    total_ns = 0
    for process in (pid, *descendants(pid)):
        with suppress(OSError):
            total_ns += time.clock_gettime_ns((~process << 3) | 2)
    return total_ns / NANOSECONDS


class CpuTimer:
    """CPU time of a process and its descendants from now on."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before_s = cpu_s(pid)
        self._begun_s = time.monotonic()

    def ms_per_s(self) -> float:
        """Return CPU milliseconds per second since the start."""
        used_s, took_s = cpu_s(self._pid) - self._before_s, time.monotonic() - self._begun_s
        return 1000 * used_s / took_s


def pss_mib(pid: int) -> float:
    """Return the proportional set size of a process and its descendants."""
    total_kib = 0
    for process in (pid, *descendants(pid)):
        with suppress(OSError, ValueError, IndexError):  # one that has just ended has no lines
            text = Path(f"/proc/{process}/smaps_rollup").read_text()
            total_kib += int(text.partition("\nPss:")[2].split()[0])
    return total_kib / MEBIBYTE_KIB
