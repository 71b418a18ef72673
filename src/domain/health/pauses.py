"""Pauses of this process: it was stopped, or other programs had the processors."""

from spot_webcam.domain.timing import NANOSECONDS

# A thread that wakes up so much later than it was due did not run, nor did others. A busy host
# lets a thread wait for some tens of milliseconds.
MAX_LATE_S = 0.25


class PauseDetector:
    """Recognizes a pause by a step of a periodic thread that comes much later than it was due.

    What cameras delivered in a pause was not seen, and their silence until its end shows nothing.
    One thread steps; `resumed_ns` may be called from any thread. All times are monotonic.
    """

    def __init__(self) -> None:
        self._due_ns: int | None = None
        self._resumed_ns = 0

    def begin_step(self, now_ns: int) -> None:
        """Record that the thread has woken up; its step may take any time."""
        self._resumed_ns = self.resumed_ns(now_ns)
        self._due_ns = None

    def end_step(self, due_ns: int) -> None:
        """Record when the thread is to wake up next."""
        self._due_ns = due_ns

    def resumed_ns(self, now_ns: int) -> int:
        """Return when the last pause ended; now, if its end has not been recorded; 0 for never."""
        due_ns = self._due_ns
        is_late = due_ns is not None and now_ns - due_ns > MAX_LATE_S * NANOSECONDS
        return now_ns if is_late else self._resumed_ns
