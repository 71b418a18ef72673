"""Outages of a camera, and their log: one line per cause, and one at the end."""

import logging
from collections import Counter
from dataclasses import dataclass, field

from spot_webcam.domain.errors import CameraError
from spot_webcam.domain.health.faults import Fault
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Outage:
    """The time from a camera's first failure to its next new picture."""

    since_ns: int
    # The latest cause.
    error: CameraError
    # Since when the latest cause has been the cause.
    cause_since_ns: int = 0
    # By reason.
    failures: Counter[str] = field(default_factory=Counter)
    # By name; all that were ever reported in this outage.
    faults: dict[str, Fault] = field(default_factory=dict)


class OutageLog:
    """Logs each cause once in an outage, and the end of the outage. Not thread-safe."""

    def __init__(self, source_name: str, repeated_log_s: float) -> None:
        """A cause is not logged again within `repeated_log_s`, even in another outage."""
        self._source_name = source_name
        self._quiet_ns = int(repeated_log_s * NANOSECONDS)
        self._outage: Outage | None = None
        self._reasons: set[str] = set()
        self._is_logged = False
        self._logged_ns: dict[str, int] = {}
        self._suppressed = 0

    def failed(self, outage: Outage, error: CameraError, now_ns: int) -> None:
        """Log a failure if its reason is new in this outage."""
        if outage is not self._outage:
            self._outage, self._is_logged = outage, False
            self._reasons.clear()
        if error.reason in self._reasons:
            return
        self._reasons.add(error.reason)
        last_ns = self._logged_ns.get(error.reason)
        if last_ns is not None and now_ns - last_ns < self._quiet_ns:
            self._suppressed += 1
            return
        self._logged_ns[error.reason] = now_ns
        self._is_logged = True
        repeated = f" (and {self._suppressed} more times shortly before)" * bool(self._suppressed)
        fields = {"source": self._source_name, "reason": error.reason, "repeated": self._suppressed}
        self._suppressed = 0
        _LOG.warning("%s: %s%s", self._source_name, error, repeated, extra=fields)

    def ended(self, outage: Outage, now_ns: int) -> None:
        """Log the end of an outage whose beginning was logged, with its counts."""
        if outage is not self._outage or not self._is_logged:
            return
        duration_s = (now_ns - outage.since_ns) / NANOSECONDS
        counts = ", ".join(f"{count} {reason}" for reason, count in outage.failures.items())
        text = "%s: recovered after %.1f s; failures: %s"
        fields = {
            "source": self._source_name,
            "outage_s": round(duration_s, 3),
            "failures": dict(outage.failures),
        }
        _LOG.info(text, self._source_name, duration_s, counts, extra=fields)
