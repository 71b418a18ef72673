"""SIGINT and SIGTERM as an event that the main thread waits for."""

import logging
import signal
import threading
from types import FrameType

_LOG = logging.getLogger(__name__)


def stop_signal() -> threading.Event:
    """Return an event that SIGINT and SIGTERM set from now on; for the main thread only."""
    stopping = threading.Event()

    def stop(signal_number: int, _frame: FrameType | None) -> None:
        _LOG.info("%s: stopping", signal.Signals(signal_number).name)
        stopping.set()

    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, stop)
    return stopping
