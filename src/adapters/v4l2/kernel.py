"""System calls of the adapter, which tests replace by a fake."""

import ctypes
import mmap
import os
import select
from pathlib import Path
from typing import Protocol


class Memory(Protocol):
    """A mapped buffer of a driver."""

    def __getitem__(self, part: slice, /) -> bytes:
        """Return a copy of a part."""
        ...

    def close(self) -> None:
        """Unmap it."""
        ...


class Kernel(Protocol):
    """Every method raises `OSError`. Thread-safe as the operating system is."""

    def open(self, path: Path) -> int:
        """Open for reading and writing without blocking; the opening itself may block."""
        ...

    def close(self, handle: int) -> None:
        """Close, in any state of the device."""
        ...

    def ioctl(self, handle: int, request: int, argument: ctypes.Structure | ctypes.c_int) -> None:
        """Make one call; the driver writes its result into the argument."""
        ...

    def map(self, handle: int, length: int, offset: int) -> Memory:
        """Map a buffer."""
        ...

    def wait(self, handle: int, wake: int, timeout_s: float) -> bool:
        """Block until the device is ready, `wake` is readable, or the timeout has passed.

        Returns whether the device is ready: with a filled buffer, or an error of the next call.
        """
        ...


class LinuxKernel:
    """The `Kernel` of this host. `fcntl` is imported on use: Windows has none."""

    def open(self, path: Path) -> int:
        """Open the device node; not inherited by other programs."""
        return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def close(self, handle: int) -> None:
        """Close the handle."""
        os.close(handle)

    def ioctl(self, handle: int, request: int, argument: ctypes.Structure | ctypes.c_int) -> None:
        """Call the driver, without the interpreter's lock."""
        import fcntl  # noqa: PLC0415

        fcntl.ioctl(handle, request, argument, True)

    def map(self, handle: int, length: int, offset: int) -> Memory:
        """Map for reading and writing: some drivers refuse less."""
        return mmap.mmap(handle, length, offset=offset)

    def wait(self, handle: int, wake: int, timeout_s: float) -> bool:
        """Poll; interrupted system calls are retried (PEP 475)."""
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        poll.register(wake, select.POLLIN)
        return any(ready == handle for ready, _ in poll.poll(max(0.0, timeout_s) * 1000))
