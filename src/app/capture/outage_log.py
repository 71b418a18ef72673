"""What the log says of a camera in trouble: once for each cause, and once when it is over."""

import logging
from collections import Counter

from spot_webcam.domain.errors import CameraError
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)

# A camera that flaps is said to do so, instead of logging each time.
QUIET_NS = 10 * NANOSECONDS


class OutageLog:
    """The spells of trouble of one camera, on its capture thread."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._began_ns = 0
        self._told: set[str] = set()
        self._told_ns: dict[str, int] = {}
        self._untold = 0

    @property
    def lasts(self) -> bool:
        """Whether there has been trouble since the last picture."""
        return bool(self._counts)

    def trouble(self, error: CameraError) -> None:
        """Count a failure, and log it if its reason is new in this spell."""
        now_ns = self._clock.monotonic_ns()
        if not self._counts:
            self._began_ns = now_ns
        self._counts[error.reason] += 1
        if self._counts[error.reason] > 1:
            return
        last_ns = self._told_ns.get(error.reason)
        if last_ns is not None and now_ns - last_ns < QUIET_NS:
            self._untold += 1
            return
        self._told_ns[error.reason] = now_ns
        self._told.add(error.reason)
        again = f" (and {self._untold} times more, shortly before)" if self._untold else ""
        self._untold = 0
        _LOG.warning("%s: %s%s", self._name, error, again)

    def over(self) -> None:
        """Log the end of a spell whose beginning was logged, with its counts."""
        if not self._counts:
            return
        if self._told:
            seconds = (self._clock.monotonic_ns() - self._began_ns) / NANOSECONDS
            counts = ", ".join(f"{count} {reason}" for reason, count in self._counts.items())
            _LOG.info("%s: pictures again after %.1f s; failures: %s", self._name, seconds, counts)
        self._counts.clear()
        self._told.clear()
