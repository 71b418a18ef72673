"""Measurement of the robot's clock against a clock of this computer that is never set."""

from collections.abc import Callable

from bosdyn.api import time_sync_pb2
from bosdyn.client.exceptions import ResponseError
from bosdyn.client.time_sync import TimeSyncClient
from google.protobuf.timestamp_pb2 import Timestamp

from spot_webcam.domain.clock_skew import ClockSkew, skew_of_round_trip
from spot_webcam.domain.errors import RobotRefused

# Round trips within which a robot that answers reaches an estimate.
MAX_SAMPLES = 25


class TimeSyncExchange:
    """Time sync round trips with one robot, over whatever channel.

    The SDK's own endpoint reads the wall clock, and its calls have no deadline. `steady_ns` is
    the clock to measure against, in nanoseconds. The robot's estimate is not used: it may be that
    of a round trip long ago, before a clock was set.
    """

    def __init__(self, steady_ns: Callable[[], int], timeout_s: float) -> None:
        self._steady_ns = steady_ns
        self._timeout_s = timeout_s
        # As the robot knows this exchange, until it has rebooted; and the last round trip.
        self._identifier = ""
        self._round_trip: time_sync_pb2.TimeSyncRoundTrip | None = None

    def measure(self, client: TimeSyncClient) -> ClockSkew:
        """Return robot time minus steady time, by the best of the necessary round trips.

        One is necessary if the robot knows the exchange, else as many as its estimate takes.

        Raises:
            RobotRefused: the robot reached no estimate.
            bosdyn.client.exceptions.Error: the calls failed.
        """
        best: ClockSkew | None = None
        for _ in range(MAX_SAMPLES):
            sample, ready = self._sample(client)
            if sample is not None:
                best = sample if best is None else best.updated(sample)
            if ready and best is not None:
                return best
        raise RobotRefused("the robot's time sync is not ready")

    def _sample(self, client: TimeSyncClient) -> tuple[ClockSkew | None, bool]:
        sent_ns = self._steady_ns()
        try:
            answer = client.get_time_sync_update(
                self._round_trip, self._identifier, timeout=self._timeout_s
            )
        except ResponseError:  # such as of the identifier: the next call begins again
            self._identifier, self._round_trip = "", None
            raise
        arrived_ns = self._steady_ns()
        header = answer.header
        self._identifier = answer.clock_identifier
        self._round_trip = time_sync_pb2.TimeSyncRoundTrip(
            client_tx=_timestamp(sent_ns),
            server_rx=header.request_received_timestamp,
            server_tx=header.response_timestamp,
            client_rx=_timestamp(arrived_ns),
        )
        skew = skew_of_round_trip(
            sent_ns,
            header.request_received_timestamp.ToNanoseconds(),
            header.response_timestamp.ToNanoseconds(),
            arrived_ns,
        )
        return skew, answer.state.status == time_sync_pb2.TimeSyncState.STATUS_OK


def _timestamp(time_ns: int) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromNanoseconds(time_ns)
    return timestamp
