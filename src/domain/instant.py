"""A moment on both of the host's clocks, such as that of a capture."""

from dataclasses import dataclass

from spot_webcam.domain.timing import NANOSECONDS, Clock

# A driver's time is believed if it lies at most this far back: buffers hold some frames, and
# not some minutes of them.
MAX_PLAUSIBLE_AGE_NS = 10 * NANOSECONDS
# Between the readings of two clocks a busy host may run something else for 50 ms and more, by
# which times would be wrong. Readings as close as this are good; else the closest is taken.
CLOSE_READINGS_NS = 50_000
MAX_READINGS = 5
# A grab that returns sooner than this, without decoding, took its frame from a buffer.
BUFFERED_GRAB_NS = 2_000_000


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment on the wall clock and on the monotonic clock, in nanoseconds."""

    wall_ns: int
    monotonic_ns: int

    def before(self, delay_ns: int) -> "Instant":
        """Return the moment that was so much earlier."""
        return Instant(self.wall_ns - delay_ns, self.monotonic_ns - delay_ns)


@dataclass(frozen=True, slots=True)
class LastGrab:
    """What a camera that runs by itself reports of its last `grab`.

    `skipped` pictures were dropped before it, since the grab before. The picture was there
    `delay_ns` before `grab` returned.
    """

    skipped: int = 0
    delay_ns: int = 0


def now(clock: Clock) -> Instant:
    """Return this moment, the readings of both clocks as close together as the host allows."""
    readings = []
    for _ in range(MAX_READINGS):
        before_ns = clock.monotonic_ns()
        wall_ns = clock.time_ns()
        apart_ns = clock.monotonic_ns() - before_ns
        readings.append((apart_ns, wall_ns, before_ns + apart_ns // 2))
        if apart_ns <= CLOSE_READINGS_NS:
            break
    _, wall_ns, monotonic_ns = min(readings)
    return Instant(wall_ns, monotonic_ns)


def capture_instant(device_timestamp_ns: int | None, grabbed: Instant) -> Instant:
    """Return the moment of capture: the camera's word if it is plausible, else the grab's."""
    if device_timestamp_ns is None:
        return grabbed
    age_ns = grabbed.wall_ns - device_timestamp_ns
    if not 0 <= age_ns <= MAX_PLAUSIBLE_AGE_NS:
        return grabbed
    return grabbed.before(age_ns)
