"""Robot time, from the robot's time sync service."""

import threading

from bosdyn.client.time_sync import TimeSyncClient

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.adapters.bosdyn.robot.time_sync import SkewChanged, TimeSyncExchange
from spot_webcam.domain.errors import NotSynchronized, RobotRefused
from spot_webcam.domain.timing import Clock, now


class BosdynRobotClock:
    """A `RobotClock`. The last skew is used until there is a newer one.

    Time sync measures a clock that equals the wall clock when this object is created and then
    advances with the monotonic clock, so that setting the wall clock has no effect.
    """

    def __init__(self, link: RobotLink, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        start = now(clock)
        self._epoch_ns = start.wall_ns - start.monotonic_ns
        self._lock = threading.Lock()
        self._exchange: TimeSyncExchange | None = None
        self._skew_ns: int | None = None

    def synchronize(self) -> None:
        """Sample until there is an estimate; if there is one, take one more sample."""
        with robot_errors():
            client = self._link.client(TimeSyncClient.default_service_name)
            try:
                skew_ns = self._exchange_with(client).skew_ns()
            except SkewChanged:
                self._exchange = None
                skew_ns = self._restart(client)
        with self._lock:
            self._skew_ns = skew_ns

    def _restart(self, client: TimeSyncClient) -> int:
        try:
            return self._exchange_with(client).skew_ns()
        except SkewChanged:
            self._exchange = None
            raise RobotRefused("the robot's time sync contradicts the robot's clock") from None

    def _exchange_with(self, client: TimeSyncClient) -> TimeSyncExchange:
        """Return the exchange with this client; a new client starts a new exchange."""
        if self._exchange is None or client is not self._exchange.client:
            self._exchange = TimeSyncExchange(client, self._steady_ns, self._link.rpc_timeout_s)
        return self._exchange

    def _steady_ns(self) -> int:
        return self._clock.monotonic_ns() + self._epoch_ns

    def robot_time_ns(self, monotonic_ns: int) -> int:
        """Add the skew."""
        with self._lock:
            skew_ns = self._skew_ns
        if skew_ns is None:
            raise NotSynchronized(
                "robot time is not known yet: waiting for the first time sync with the robot"
            )
        return monotonic_ns + self._epoch_ns + skew_ns
