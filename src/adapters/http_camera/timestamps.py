"""Times that a camera sends with its pictures, and whether they are of this computer's clock."""

import re
from collections.abc import Mapping

from spot_webcam.domain.timing import NANOSECONDS

# Of mjpg-streamer, µStreamer and ESP32-CAM: seconds, with a fraction.
_HEADER = "x-timestamp"
_SECONDS = re.compile(r"\s*(\d{1,12})(?:\.(\d{1,9})\d*)?\s*", re.ASCII)
# A camera whose clock is kept by the same time server sends its picture sooner. Another clock
# that is slow by as much would make its pictures as old.
MAX_AGE_NS = NANOSECONDS // 4


def timestamp_ns(headers: Mapping[str, str]) -> int | None:
    """Return the timestamp of a part, in nanoseconds of an unknown clock."""
    found = _SECONDS.fullmatch(headers.get(_HEADER, ""))
    if found is None:
        return None
    return int(found[1]) * NANOSECONDS + int((found[2] or "").ljust(9, "0"))


class SenderClock:
    """Decides whether timestamps are capture times of this computer's wall clock.

    They are as long as all of them rise and lie shortly before the arrival of their picture.
    """

    def __init__(self) -> None:
        self._is_ours = True
        self._last_ns = 0

    def capture_time_ns(self, stamp_ns: int | None, arrived_ns: int) -> int | None:
        """Return the capture time of a picture, `None` if its timestamp shows none."""
        if stamp_ns is None:
            return None
        age_ns = arrived_ns - stamp_ns
        self._is_ours = self._is_ours and 0 <= age_ns <= MAX_AGE_NS and stamp_ns > self._last_ns
        self._last_ns = stamp_ns
        return stamp_ns if self._is_ours else None
