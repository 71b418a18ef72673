"""Clock of the host."""

import time

from spot_webcam.domain.ports import Event


class SystemClock:
    """A `Clock` that reads the host's time."""

    def time_ns(self) -> int:
        """Return the wall time, which NTP may step."""
        return time.time_ns()

    def monotonic_ns(self) -> int:
        """Return the time since an arbitrary start."""
        return time.monotonic_ns()

    def wait(self, event: Event, timeout_s: float) -> bool:
        """Block until the event is set or the timeout has passed."""
        return event.wait(max(0.0, timeout_s))
