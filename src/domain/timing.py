"""Clocks, units of time, and the moment of a capture on both of the host's clocks."""

from dataclasses import dataclass
from typing import Final, Protocol

# In a second. Times are whole nanoseconds, as the clocks and the API give them.
NANOSECONDS: Final = 1_000_000_000

# A driver's time is believed if it lies at most this far back: buffers hold some frames, and
# not some minutes of them.
MAX_PLAUSIBLE_AGE_NS = 10 * NANOSECONDS
# Between the readings of two clocks a busy host may run something else for 50 ms and more, by
# which times would be wrong. Readings as close as this are good; else the closest is taken.
CLOSE_READINGS_NS = 50_000
MAX_READINGS = 5
# A grab that returns sooner than this, without decoding, took its frame from a buffer.
BUFFERED_GRAB_NS = 2_000_000


class Event(Protocol):
    """A flag that one thread sets and others wait for, such as `threading.Event`."""

    def is_set(self) -> bool:
        """Return whether the flag is set; never blocks."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the flag is set (True) or the timeout in seconds has passed (False)."""
        ...


class Clock(Protocol):
    """The host's time. Thread-safe."""

    def time_ns(self) -> int:
        """Nanoseconds since the Unix epoch; may be stepped."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary start; never decreases."""
        ...

    def wait(self, event: Event, timeout_s: float) -> bool:
        """Block until the event is set (True) or the timeout has passed (False)."""
        ...


class RobotClock(Protocol):
    """Robot time. `robot_time_ns` may be called from any thread and never blocks."""

    def synchronize(self) -> int:
        """Sample, and return the maximum error in nanoseconds; blocks, raises `RobotError`."""
        ...

    def robot_time_ns(self, monotonic_ns: int) -> int:
        """Convert host monotonic time to robot time, in nanoseconds since the Unix epoch.

        The argument is monotonic because a step of the wall clock, as by NTP, would look like a
        step of the robot's clock.

        Raises:
            NotSynchronized: no time sync has succeeded yet.
        """
        ...


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
