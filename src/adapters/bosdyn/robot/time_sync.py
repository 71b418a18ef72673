"""Measurement of the robot's clock against a clock of this computer that is never set."""

from collections.abc import Callable

from bosdyn.api import time_sync_pb2
from bosdyn.client.time_sync import TimeSyncClient
from google.protobuf.timestamp_pb2 import Timestamp

from spot_webcam.domain.errors import RobotRefused

# Round trips within which a robot that answers reaches an estimate.
MAX_SAMPLES = 25
# Clock drift by which an estimate from older round trips may miss the bounds of the last one.
DRIFT_NS = 250_000_000


class SkewChanged(Exception):
    """The robot's estimate contradicts its last answer: one of the clocks was set."""


class TimeSyncExchange:
    """Time sync round trips with one robot.

    The SDK's own endpoint reads the wall clock, and its calls have no deadline. `steady_ns` is
    the clock to measure against, in nanoseconds.
    """

    def __init__(
        self, client: TimeSyncClient, steady_ns: Callable[[], int], timeout_s: float
    ) -> None:
        self.client = client
        self._steady_ns = steady_ns
        self._timeout_s = timeout_s
        self._identifier = ""
        self._round_trip: time_sync_pb2.TimeSyncRoundTrip | None = None

    def skew_ns(self) -> int:
        """Return robot time minus steady time, after as many round trips as necessary.

        Raises:
            SkewChanged: the estimate is impossible; start another exchange.
            RobotRefused: the robot reached no estimate.
            bosdyn.client.exceptions.Error: the calls failed.
        """
        for _ in range(MAX_SAMPLES):
            skew_ns = self._sample()
            if skew_ns is not None:
                return skew_ns
        raise RobotRefused("the robot's time sync is not ready")

    def _sample(self) -> int | None:
        sent_ns = self._steady_ns()
        answer = self.client.get_time_sync_update(
            self._round_trip, self._identifier, timeout=self._timeout_s
        )
        arrived_ns = self._steady_ns()
        header = answer.header
        self._identifier = answer.clock_identifier
        self._round_trip = time_sync_pb2.TimeSyncRoundTrip(
            client_tx=_timestamp(sent_ns),
            server_rx=header.request_received_timestamp,
            server_tx=header.response_timestamp,
            client_rx=_timestamp(arrived_ns),
        )
        if answer.state.status != time_sync_pb2.TimeSyncState.STATUS_OK:
            return None
        skew_ns: int = answer.state.best_estimate.clock_skew.ToNanoseconds()
        # A message arrives after it was sent, in both directions.
        min_ns = header.response_timestamp.ToNanoseconds() - arrived_ns
        max_ns = header.request_received_timestamp.ToNanoseconds() - sent_ns
        if not min_ns - DRIFT_NS <= skew_ns <= max_ns + DRIFT_NS:
            raise SkewChanged
        return skew_ns


def _timestamp(time_ns: int) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromNanoseconds(time_ns)
    return timestamp
