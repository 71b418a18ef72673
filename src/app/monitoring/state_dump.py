"""Dump of the daemon's state to the log, on request."""

import logging

from spot_webcam.app.monitoring.as_json import as_json
from spot_webcam.app.monitoring.monitor import Monitor

_LOG = logging.getLogger(__name__)


class StateDump:
    """Logs a snapshot once for each time that it was requested, or once for several."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self._is_requested = False

    def request(self) -> None:
        """Request a dump; for a signal handler, as it takes no lock."""
        self._is_requested = True

    def log_if_requested(self) -> None:
        """Log a dump if one was requested since the last one; one thread calls this."""
        if not self._is_requested:
            return
        self._is_requested = False
        state = as_json(self._monitor.snapshot())
        del state["events"]  # which are lines of this log
        _LOG.info("state", extra={"state_dump": state})
