"""Robot time, by the robot's time sync."""

import threading

from bosdyn.client.time_sync import TimeSyncClient

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.adapters.bosdyn.robot.time_sync import SkewChanged, TimeSyncExchange
from spot_webcam.domain.errors import NotSynchronized, RobotRefused
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import now


class BosdynRobotClock:
    """A `RobotClock`. The last skew holds until there is a newer one.

    The robot is told of a clock that agrees with the wall clock when this object is made, and
    then runs as the monotonic clock does. So nothing that sets the wall clock can do harm.
    """

    def __init__(self, link: RobotLink, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        began = now(clock)
        self._epoch_ns = began.wall_ns - began.monotonic_ns
        self._lock = threading.Lock()
        self._exchange: TimeSyncExchange | None = None
        self._skew_ns: int | None = None

    def synchronize(self) -> None:
        """Sample until there is an estimate, or once more if there is one."""
        with robot_errors():
            client = self._link.client(TimeSyncClient.default_service_name)
            try:
                skew_ns = self._exchange_with(client).skew_ns()
            except SkewChanged:
                self._exchange = None
                skew_ns = self._afresh(client)
        with self._lock:
            self._skew_ns = skew_ns

    def _afresh(self, client: TimeSyncClient) -> int:
        try:
            return self._exchange_with(client).skew_ns()
        except SkewChanged:
            self._exchange = None
            raise RobotRefused("the robot's time sync contradicts the robot's clock") from None

    def _exchange_with(self, client: TimeSyncClient) -> TimeSyncExchange:
        """Return the exchange with this link's client; a new link begins a new one."""
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
