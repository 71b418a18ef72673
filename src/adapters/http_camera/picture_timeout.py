"""How long a camera may be silent before its connection is given up."""

SHORT_S = 2.0
LONG_S = 8.0
MAX_S = 30.0
# A camera's own period may vary by this factor.
PERIODS = 4.0


class PictureTimeout:
    """The timeout for the next picture: short, until the camera proves to be slow.

    A camera that returns may take new connections while an old one stays silent, so a short timeout
    brings it back early. A slow camera gets the long timeout at every second attempt, and once
    periods are measured, some of the longest. Not thread-safe.
    """

    def __init__(self, short_s: float = SHORT_S, long_s: float = LONG_S) -> None:
        self._short_s = short_s
        self._long_s = long_s
        self._is_long = False
        self._period_s = 0.0

    @property
    def timeout_s(self) -> float:
        """The time to wait for the next picture."""
        base_s = self._long_s if self._is_long else self._short_s
        return max(base_s, min(MAX_S, PERIODS * self._period_s))

    def delivered(self, period_s: float) -> None:
        """Record the time from one picture to the next."""
        self._period_s = max(period_s, (self._period_s + period_s) / 2)

    def timed_out(self) -> None:
        """Record that no picture came in time."""
        self._is_long = not self._is_long
        self._period_s = 0.0
