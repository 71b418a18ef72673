"""Robot time, from the robot's time sync service."""

import threading

from bosdyn.client.time_sync import TimeSyncClient

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.adapters.bosdyn.robot.time_sync import TimeSyncExchange
from spot_webcam.domain.clock_skew import ClockSkew
from spot_webcam.domain.errors import NotSynchronized
from spot_webcam.domain.instant import now
from spot_webcam.domain.timing import Clock

ROBOT_TIME_UNKNOWN = "robot time is not known yet"


class BosdynRobotClock:
    """A `RobotClock`. A skew is used until a better one is measured, or one that excludes it.

    Time sync measures a clock that equals the wall clock when this object is created and then
    advances with the monotonic clock, so that setting the wall clock has no effect.
    """

    def __init__(self, link: RobotLink, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        start = now(clock)
        self._epoch_ns = start.wall_ns - start.monotonic_ns
        self._exchange = TimeSyncExchange(self._steady_ns, link.rpc_timeout_s)
        self._lock = threading.Lock()
        self._skew: ClockSkew | None = None

    def synchronize(self) -> int:
        """Sample until the robot has an estimate; if it has one, take one more sample."""
        with robot_errors():
            client = self._link.client(TimeSyncClient.default_service_name)
            measured = self._exchange.measure(client)
        with self._lock:
            self._skew = measured if self._skew is None else self._skew.updated(measured)
            return self._skew.error_ns(measured.measured_ns)

    def _steady_ns(self) -> int:
        return self._clock.monotonic_ns() + self._epoch_ns

    def robot_time_ns(self, monotonic_ns: int) -> int:
        """Add the skew."""
        with self._lock:
            skew = self._skew
        if skew is None:
            raise NotSynchronized(
                f"{ROBOT_TIME_UNKNOWN}: waiting for the first time sync with the robot"
            )
        return monotonic_ns + self._epoch_ns + skew.skew_ns
