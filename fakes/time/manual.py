"""Clock that advances only when a thread waits on it or a test moves it."""

import threading

from spot_webcam.domain.ports import Event
from spot_webcam.domain.timing import NANOSECONDS


class ManualClock:
    """A `Clock` whose time passes only in `wait` and `advance`. Thread-safe.

    `wait` takes no real time: it advances the clock by its whole timeout at once, so loops that are
    paced by the clock run as fast as possible. Threads are not coordinated: `ConductedClock` does
    that.
    """

    def __init__(self, time_ns: int = 1_700_000_000 * NANOSECONDS) -> None:
        self._lock = threading.Lock()
        self._time_ns = time_ns
        self._monotonic_ns = 0

    def time_ns(self) -> int:
        """Return the wall time."""
        with self._lock:
            return self._time_ns

    def monotonic_ns(self) -> int:
        """Return the monotonic time, 0 at first."""
        with self._lock:
            return self._monotonic_ns

    def wait(self, event: Event, timeout_s: float) -> bool:
        """Return at once; the timeout has passed unless the event was set."""
        if event.is_set():
            return True
        self.advance(timeout_s)
        return event.is_set()

    def advance(self, seconds: float) -> None:
        """Advance wall time and monotonic time."""
        with self._lock:
            self._time_ns += round(seconds * NANOSECONDS)
            self._monotonic_ns += round(seconds * NANOSECONDS)

    def step(self, seconds: float) -> None:
        """Set the wall clock, as NTP may, forwards or backwards; monotonic time stays."""
        with self._lock:
            self._time_ns += round(seconds * NANOSECONDS)
