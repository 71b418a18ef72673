"""Time-sync: estimates of the skew between the robot's clock and each client's."""

import itertools
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from spot_webcam.fakes.robot.state.changes import Changes

SAMPLES_NEEDED = 3
SAMPLES_KEPT = 16
CLIENT_LIMIT = 256


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """The four times of one call: client's clock, robot's twice, client's; nanoseconds."""

    client_tx_ns: int
    server_rx_ns: int
    server_tx_ns: int
    client_rx_ns: int

    @property
    def estimate(self) -> "Estimate":
        """The symmetric-delay estimate of RFC 5905 section 8."""
        there_ns = self.server_rx_ns - self.client_tx_ns
        back_ns = self.server_tx_ns - self.client_rx_ns
        return Estimate(round_trip_ns=there_ns - back_ns, clock_skew_ns=(there_ns + back_ns) // 2)


@dataclass(frozen=True, slots=True)
class Estimate:
    """`clock_skew_ns` is robot clock minus client clock."""

    round_trip_ns: int
    clock_skew_ns: int


@dataclass(slots=True)
class _Client:
    samples: deque[Estimate] = field(default_factory=lambda: deque(maxlen=SAMPLES_KEPT))
    next_is_stale: bool = False


@dataclass(frozen=True, slots=True)
class TimeSyncAnswer:
    """Answer to a client: `best` is None until there are `SAMPLES_NEEDED` samples."""

    clock_identifier: str
    previous: Estimate | None
    best: Estimate | None


class TimeSync:
    """Round trips by clock identifier, of the `CLIENT_LIMIT` last seen clients. Thread-safe."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._clients: OrderedDict[str, _Client] = OrderedDict()
        self._serial = itertools.count(1)

    def update(self, clock_identifier: str, round_trip: RoundTrip | None) -> TimeSyncAnswer:
        """Add a client's previous round trip; an unknown identifier is answered with a new one."""
        with self._changes.changing():
            return self._update(clock_identifier, round_trip)

    def clock_moved(self) -> None:
        """Drop all estimates, and each client's round trip from before the move."""
        with self._changes.changing():
            for client in self._clients.values():
                client.samples.clear()
                client.next_is_stale = True

    def forget(self) -> None:
        """Forget every client, as a reboot does."""
        with self._changes.changing():
            self._clients.clear()

    def _update(self, clock_identifier: str, round_trip: RoundTrip | None) -> TimeSyncAnswer:
        client = self._clients.get(clock_identifier)
        if client is None:
            clock_identifier = f"fake-robot-clock-{next(self._serial)}"
            client = self._clients[clock_identifier] = _Client()
            round_trip = None
            if len(self._clients) > CLIENT_LIMIT:
                self._clients.popitem(last=False)
        self._clients.move_to_end(clock_identifier)
        previous = None
        if round_trip is not None and not client.next_is_stale:
            previous = round_trip.estimate
            if previous.round_trip_ns >= 0:
                client.samples.append(previous)
        client.next_is_stale = False
        enough = len(client.samples) >= SAMPLES_NEEDED
        best = min(client.samples, key=lambda sample: sample.round_trip_ns) if enough else None
        return TimeSyncAnswer(clock_identifier, previous, best)
