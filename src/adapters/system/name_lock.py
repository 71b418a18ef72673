"""Lock of a name among the processes of this computer, with a number for its next holder."""

import fcntl
import hashlib
import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path


class FileLock:
    """A `NameLock`: `flock` on a file of this user, which the kernel unlocks when a process ends.

    The file is in the temporary directory, which a container keeps when it is restarted.
    Processes that do not share it exclude nobody, as on another computer; where no file can be
    opened there is no lock, and `acquire` always succeeds.
    """

    def __init__(self, name: str, folder: Path | None = None) -> None:
        folder = folder or Path(tempfile.gettempdir())
        digest = hashlib.sha256(name.encode()).hexdigest()
        self._path = folder / f"spot-webcam-{os.getuid()}-{digest}"
        self._lock = threading.Lock()
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Lock the file."""
        with self._lock:
            if self._descriptor is not None:
                return True
            try:
                flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
                descriptor = os.open(self._path, flags, 0o600)
            except OSError:
                return True
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Unless its last holder has removed it since it was opened.
                if os.path.samestat(os.fstat(descriptor), self._path.stat()):
                    self._descriptor = descriptor
                    return True
            os.close(descriptor)
            return False

    def store(self, number: int | None) -> None:
        """Write the number to the file, or remove the file."""
        with self._lock, suppress(OSError):
            if self._descriptor is None:
                return
            if number is None:
                self._path.unlink()
            else:
                os.pwrite(self._descriptor, b"%20d" % number, 0)

    def stored(self) -> int | None:
        """Read the file."""
        with self._lock, suppress(OSError, ValueError):
            if self._descriptor is not None:
                return int(os.pread(self._descriptor, 20, 0))
        return None

    def release(self) -> None:
        """Close the file, which unlocks it; remove it first if it holds no number."""
        with self._lock:
            if self._descriptor is None:
                return
            descriptor, self._descriptor = self._descriptor, None
            status = os.fstat(descriptor)
            if status.st_nlink > 0 and status.st_size == 0:
                with suppress(OSError):
                    self._path.unlink()
            os.close(descriptor)
