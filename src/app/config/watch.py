"""Reload of the configuration file, on SIGHUP and when it has changed."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TypeAlias

from spot_webcam.app.cli.command_line import Misused
from spot_webcam.app.config.configuration import Configuration
from spot_webcam.domain.errors import CameraMisconfigured

_LOG = logging.getLogger(__name__)

# What changes with a file: its time, size and inode; `None` if there is no such file.
FileState: TypeAlias = "tuple[int, int, int] | None"


def state_of(file: Path) -> FileState:
    """Return a value that changes when the file does."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


class ConfigurationWatch:
    """Applies the cameras of a file that has changed, once it has been the same for a period.

    A file that cannot be used changes nothing, and its errors are logged once. `step` runs on one
    thread; `request` may be called by a signal handler, so it takes no lock.
    """

    def __init__(
        self,
        file: Path,
        used: FileState,
        configuration: Configuration,
        read: Callable[[], Configuration],
        apply: Callable[[Configuration], None],
        *,
        period_s: float,
        reloading: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """`configuration` is in use, of the state `used`.

        `read` raises `Misused`; `apply` too, and `CameraMisconfigured`. `reloading` is around both.
        """
        self._file = file
        self._used = self._seen = used
        self._configuration = configuration
        self._read = read
        self._apply = apply
        self._period_s = period_s
        self._reloading = reloading
        self._is_requested = False
        self.wake = threading.Event()
        # Why the file, as it is now, is not used; empty if it is.
        self.error = ""

    def request(self) -> None:
        """Reload at the next step, whether the file has changed or not."""
        self._is_requested = True

    def step(self) -> float:
        """Look at the file once; return the seconds until the next look."""
        self.wake.clear()
        state = state_of(self._file)
        is_settled, self._seen = state == self._seen, state
        if self._is_requested or (is_settled and state != self._used):
            self._is_requested = False
            with self._reloading():
                self._reload()
            self._used = state
        return self._period_s

    def _reload(self) -> None:
        try:
            configuration = self._read()
            self._apply(configuration)
        except (Misused, CameraMisconfigured) as error:
            _LOG.error("%s is not used, and nothing changes: %s", self._file, error)
            self.error = str(error)
            return
        self.error = ""
        _LOG.info("%s is loaded again", self._file)
        old, new = self._configuration.flags, configuration.flags
        changed = [name for name in new if old.get(name) != new[name]]
        if changed:
            _LOG.warning("restart to use what has changed beside cameras: %s", ", ".join(changed))


class NothingToReload:
    """SIGHUP without a file: it would end the process, with its faults still on the robot."""

    def __init__(self) -> None:
        self._is_requested = False

    def request(self) -> None:
        """Request a reload; for a signal handler, as it takes no lock."""
        self._is_requested = True

    def log_if_requested(self) -> None:
        """Log that nothing is done, once for each request or several; one thread calls this."""
        if self._is_requested:
            self._is_requested = False
            _LOG.warning("SIGHUP: there is no configuration file to load again: give --config")
