"""Times of drivers' buffers, as wall time."""

import logging

from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import MAX_PLAUSIBLE_AGE_NS, now

_LOG = logging.getLogger(__name__)


class Stamps:
    """Turns CLOCK_MONOTONIC stamps into wall time, and says once what it does not believe.

    The offset between both clocks is taken at each stamp, so it follows NTP.
    """

    def __init__(self, clock: Clock, name: str) -> None:
        self._clock = clock
        self._name = name
        self._said = False

    def wall_ns(self, stamp_ns: int | None) -> int | None:
        """Return the wall time of a stamp, or `None` if it is none or not plausible."""
        if stamp_ns is None:
            self._say("tells no times of its pictures")
            return None
        moment = now(self._clock)
        age_ns = moment.monotonic_ns - stamp_ns
        if age_ns < 0:
            self._say(f"tells times {-age_ns / 1e6:.1f} ms in the future")
            return None
        if age_ns > MAX_PLAUSIBLE_AGE_NS:
            self._say(f"tells times {age_ns / 1e9:.1f} s in the past")
            return None
        return moment.wall_ns - age_ns

    def _say(self, what: str) -> None:
        if not self._said:
            self._said = True
            _LOG.warning("%s %s: the time of the grab is taken", self._name, what)
