"""File descriptors that tests watch."""

from pathlib import Path


def open_descriptors() -> int:
    """Return how many file descriptors of this process are open, on Linux."""
    return len(list(Path("/proc/self/fd").iterdir()))
