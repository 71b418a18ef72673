"""The time of a scenario: real, or as fast as the machine can."""

from collections.abc import Collection
from typing import Protocol

from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.domain.ports import Clock, Event
from spot_webcam.domain.timing import NANOSECONDS


class HostClock(Clock, Protocol):
    """A `Clock` whose wall time can be set, and which may conduct the daemon's threads."""

    def step(self, seconds: float) -> None:
        """Set the wall clock, as NTP may."""
        ...

    def gather(self, thread_names: Collection[str]) -> None:
        """Block until threads of these names are ready to go on."""
        ...

    def release(self) -> None:
        """Let all threads run freely from here on."""
        ...


class RealTime:
    """A `HostClock` in real time; the computer's own clock is not touched."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._stepped_ns = 0

    def time_ns(self) -> int:
        """Return the wall time."""
        return self._clock.time_ns() + self._stepped_ns

    def monotonic_ns(self) -> int:
        """Return the time since an arbitrary start."""
        return self._clock.monotonic_ns()

    def wait(self, event: Event, timeout_s: float) -> bool:
        """Block until the event is set or the time is over."""
        return self._clock.wait(event, timeout_s)

    def step(self, seconds: float) -> None:
        """Set the wall clock as the daemon sees it."""
        self._stepped_ns += round(seconds * NANOSECONDS)

    def gather(self, thread_names: Collection[str]) -> None:
        """Return at once: nobody waits for a turn."""

    def release(self) -> None:
        """Do nothing: everyone runs freely."""
