"""Robot time, by the SDK's time sync."""

import threading

from bosdyn.api import time_sync_pb2
from bosdyn.client.time_sync import TimeSyncClient, TimeSyncEndpoint

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.adapters.bosdyn.robot_link import RPC_TIMEOUT_S, RobotLink
from spot_webcam.domain.errors import NotSynchronized, RobotRefused
from spot_webcam.domain.time_units import NANOSECONDS

# Round trips in which a robot that answers has always agreed on an estimate.
MOST_SAMPLES = 25


class _ImpatientClient:
    """A time sync client whose calls end: the SDK's endpoint sets no timeout of its own."""

    def __init__(self, client: TimeSyncClient) -> None:
        self._client = client

    def get_time_sync_update(
        self, previous_round_trip: time_sync_pb2.TimeSyncRoundTrip, clock_identifier: str
    ) -> time_sync_pb2.TimeSyncUpdateResponse:
        return self._client.get_time_sync_update(
            previous_round_trip, clock_identifier, timeout=RPC_TIMEOUT_S
        )


class BosdynRobotClock:
    """A `RobotClock`. The last skew holds until there is a newer one."""

    def __init__(self, link: RobotLink) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._client: TimeSyncClient | None = None
        self._endpoint: TimeSyncEndpoint | None = None
        self._skew_ns: int | None = None

    def synchronize(self) -> None:
        """Sample until there is an estimate, or once more if there is one."""
        with robot_errors():
            endpoint = self._endpoint_of(self._link.client(TimeSyncClient.default_service_name))
            if endpoint.has_established_time_sync:
                endpoint.get_new_estimate()
            if not endpoint.has_established_time_sync:  # nor if the robot has begun anew
                endpoint.establish_timesync(max_samples=MOST_SAMPLES, break_on_success=True)
            if not endpoint.has_established_time_sync:
                raise RobotRefused("the robot's time sync is not ready")
            skew = endpoint.clock_skew
        with self._lock:
            self._skew_ns = skew.seconds * NANOSECONDS + skew.nanos

    def _endpoint_of(self, client: TimeSyncClient) -> TimeSyncEndpoint:
        """Return the endpoint of this link's client; a new link begins a new estimate."""
        if client is not self._client or self._endpoint is None:
            self._client = client
            self._endpoint = TimeSyncEndpoint(_ImpatientClient(client))
        return self._endpoint

    def robot_time_ns(self, local_ns: int) -> int:
        """Add the skew."""
        with self._lock:
            skew_ns = self._skew_ns
        if skew_ns is None:
            raise NotSynchronized(
                "robot time is not known yet: waiting for the first time sync with the robot"
            )
        return local_ns + skew_ns
