"""Clocks and units of time."""

from typing import Final, Protocol

# In a second. Times are whole nanoseconds, as the clocks and the API give them.
NANOSECONDS: Final = 1_000_000_000


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
