"""When a picture was taken, on both of the host's clocks and on the robot's."""

import threading
from dataclasses import dataclass

from spot_webcam.domain.image import Frame
from spot_webcam.domain.ports import Clock, RobotClock
from spot_webcam.domain.time_units import NANOSECONDS

# A driver's time is believed if it lies at most this far back: buffers hold some frames, and
# not some minutes of them.
OLDEST_PLAUSIBLE_NS = 10 * NANOSECONDS
# Between the readings of two clocks a busy host may run something else for 50 ms and more, by
# which times would be wrong. Readings as close as this are good; else the closest is taken.
CLOSE_READINGS_NS = 50_000
MOST_READINGS = 5
# Robot time of a source may stand still for this long when the estimate of the skew moves
# back; a larger step is a clock that was set, and is followed.
LARGEST_HOLD_NS = NANOSECONDS
# Calls under way may still hold frames that are no longer the newest.
REMEMBERED_TIMES = 16


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment on the wall clock and on the monotonic clock, in nanoseconds."""

    wall_ns: int
    monotonic_ns: int


def now(clock: Clock) -> Instant:
    """Return this moment, the readings of both clocks as close together as the host allows."""
    readings = []
    for _ in range(MOST_READINGS):
        before_ns = clock.monotonic_ns()
        wall_ns = clock.time_ns()
        apart_ns = clock.monotonic_ns() - before_ns
        readings.append((apart_ns, wall_ns, before_ns + apart_ns // 2))
        if apart_ns <= CLOSE_READINGS_NS:
            break
    _, wall_ns, monotonic_ns = min(readings)
    return Instant(wall_ns, monotonic_ns)


def capture_instant(told_ns: int | None, grabbed: Instant) -> Instant:
    """Return the moment of capture: the camera's word if it is plausible, else the grab's."""
    if told_ns is None:
        return grabbed
    age_ns = grabbed.wall_ns - told_ns
    if not 0 <= age_ns <= OLDEST_PLAUSIBLE_NS:
        return grabbed
    return Instant(told_ns, grabbed.monotonic_ns - age_ns)


class AcquisitionTimes:
    """Robot times of one source's frames, which never run against the frames. Thread-safe."""

    def __init__(self, robot_clock: RobotClock) -> None:
        self._robot_clock = robot_clock
        self._lock = threading.Lock()
        # By sequence number, the youngest last.
        self._given: dict[int, int] = {}

    def of(self, frame: Frame) -> int:
        """Return the frame's time on the robot's clock, the same at every call.

        Raises:
            NotSynchronized: robot time is not known yet.
        """
        robot_ns = self._robot_clock.robot_time_ns(frame.monotonic_ns)
        with self._lock:
            if frame.sequence in self._given:
                return self._given[frame.sequence]
            if not self._given:
                return self._give(frame, robot_ns)
            sequence, youngest_ns = next(reversed(self._given.items()))
            if frame.sequence < sequence:
                return min(robot_ns, youngest_ns)
            if 0 < youngest_ns - robot_ns <= LARGEST_HOLD_NS:
                robot_ns = youngest_ns
            return self._give(frame, robot_ns)

    def _give(self, frame: Frame, robot_ns: int) -> int:
        self._given[frame.sequence] = robot_ns
        if len(self._given) > REMEMBERED_TIMES:
            del self._given[next(iter(self._given))]
        return robot_ns
