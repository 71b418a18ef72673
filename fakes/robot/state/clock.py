"""The robot's clock, which differs from the host's."""

from collections.abc import Callable

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp


class RobotClock:
    """Host time plus an offset, in nanoseconds since the Unix epoch."""

    def __init__(self, host_now_ns: Callable[[], int], offset_ns: int) -> None:
        self._host_now_ns = host_now_ns
        self._offset_ns = offset_ns

    def now_ns(self) -> int:
        """Return robot time."""
        return self._host_now_ns() + self._offset_ns

    def move(self, delta_ns: int) -> None:
        """Set the clock forward, or back when negative."""
        self._offset_ns += delta_ns


def to_timestamp(time_ns: int) -> Timestamp:
    """Convert nanoseconds since the Unix epoch."""
    timestamp = Timestamp()
    timestamp.FromNanoseconds(time_ns)
    return timestamp


def to_duration(span_ns: int) -> Duration:
    """Convert nanoseconds."""
    duration = Duration()
    duration.FromNanoseconds(span_ns)
    return duration
