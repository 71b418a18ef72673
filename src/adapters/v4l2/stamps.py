"""Conversion of drivers' timestamps to wall time."""

import logging

from spot_webcam.domain.instant import MAX_PLAUSIBLE_AGE_NS, now
from spot_webcam.domain.ports import Clock

_LOG = logging.getLogger(__name__)


class Stamps:
    """Converts CLOCK_MONOTONIC timestamps to wall time; logs once why a timestamp is rejected.

    The offset between the clocks is measured at each timestamp, and so follows NTP.
    """

    def __init__(self, clock: Clock, name: str) -> None:
        self._clock = clock
        self._name = name
        self._has_warned = False

    def wall_ns(self, stamp_ns: int | None) -> int | None:
        """Return the wall time of a timestamp, `None` if missing or implausible."""
        if stamp_ns is None:
            self._warn_once("reports no timestamps")
            return None
        moment = now(self._clock)
        age_ns = moment.monotonic_ns - stamp_ns
        if age_ns < 0:
            self._warn_once(f"reports timestamps {-age_ns / 1e6:.1f} ms in the future")
            return None
        if age_ns > MAX_PLAUSIBLE_AGE_NS:
            self._warn_once(f"reports timestamps {age_ns / 1e9:.1f} s in the past")
            return None
        return moment.wall_ns - age_ns

    def _warn_once(self, what: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            _LOG.warning("%s %s: the time of the grab is used instead", self._name, what)
