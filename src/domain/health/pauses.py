"""Pauses of this process: it was stopped, or other programs had the processors."""

from spot_webcam.domain.timing import NANOSECONDS

# A thread that wakes up so much later than it was due did not run, nor did others. A busy host
# lets a thread wait for some tens of milliseconds.
MAX_LATE_S = 0.25
# The last pauses that are known.
MAX_PAUSES = 32


class PauseDetector:
    """Recognizes a pause by a step of a periodic thread that comes much later than it was due.

    What cameras delivered in a pause was not seen, and their silence until its end shows nothing.
    One thread steps; `resumed_ns` may be called from any thread. All times are monotonic.
    """

    def __init__(self) -> None:
        self._due_ns: int | None = None
        # Beginning and end of each, in order; replaced and not changed, for other threads.
        self._pauses: tuple[tuple[int, int], ...] = ()

    def begin_step(self, now_ns: int) -> None:
        """Record that the thread has woken up; its step may take any time."""
        self._pauses = self._until(now_ns)[-MAX_PAUSES:]
        self._due_ns = None

    def end_step(self, due_ns: int) -> None:
        """Record when the thread is to wake up next."""
        self._due_ns = due_ns

    def resumed_ns(self, now_ns: int) -> int:
        """Return when the last pause ended; now, if its end has not been recorded; 0 for never."""
        pauses = self._until(now_ns)
        return pauses[-1][1] if pauses else 0

    def excused_ns(self, since_ns: int, limit_ns: int, now_ns: int) -> int:
        """Return since when a silence that began at `since_ns` counts.

        That is the end of the last pause, unless the silence had been longer than the limit
        before: a pause does not excuse a camera that had failed already.
        """
        for began_ns, ended_ns in self._until(now_ns):
            if ended_ns <= since_ns:
                continue
            if began_ns - since_ns > limit_ns:
                break
            since_ns = ended_ns
        return since_ns

    def _until(self, now_ns: int) -> tuple[tuple[int, int], ...]:
        """Return the pauses, with one whose end has not been recorded yet."""
        due_ns, pauses = self._due_ns, self._pauses
        if due_ns is None or now_ns - due_ns <= MAX_LATE_S * NANOSECONDS:
            return pauses
        return (*pauses, (due_ns, now_ns))
