"""Reports of a daemon to its service manager: the state in words, and that its threads turn."""

import logging
import time
from collections.abc import Callable

from spot_webcam.app.monitoring.health import in_words, not_alive, not_ready
from spot_webcam.app.monitoring.snapshot import Snapshot
from spot_webcam.app.runtime.service_manager import ServiceManager

_LOG = logging.getLogger(__name__)

# A snapshot takes a millisecond.
PERIOD_S = 5.0


class ServiceReport:
    """Reports the state when it is due; one thread calls this, which is watched thereby as well."""

    def __init__(
        self,
        snapshot: Callable[[], Snapshot],
        manager: ServiceManager,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._snapshot = snapshot
        self._manager = manager
        self._now_s = now_s
        watchdog_s = manager.watchdog_s
        self._period_s = PERIOD_S if watchdog_s is None else min(PERIOD_S, watchdog_s / 3)
        self._due_s = now_s()
        self._hanging: list[str] = []

    def send_when_due(self) -> None:
        """Send the state in words; with the watchdog's sign of life, if all threads turn."""
        if not self._manager.listens or self._now_s() < self._due_s:
            return
        self._due_s = self._now_s() + self._period_s
        try:
            snapshot = self._snapshot()
        except MemoryError:  # the host may have it the next time
            return
        hanging = not_alive(snapshot.loops)
        self._manager.report(status(snapshot), turns=not hanging)
        if self._manager.watchdog_s is not None and bool(hanging) != bool(self._hanging):
            if hanging:
                _LOG.error("the service manager is to restart this: %s", "; ".join(hanging))
            else:
                _LOG.warning("all threads turn again: no restart is needed")
        self._hanging = hanging


def status(snapshot: Snapshot) -> str:
    """Return the state in a line."""
    parts = not_ready(snapshot) or ["registered", *map(in_words, snapshot.sources)]
    if snapshot.configuration_error:
        parts.append(f"the configuration file is not used: {snapshot.configuration_error}")
    return "; ".join(parts)
