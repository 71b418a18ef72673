"""Acquisition times of a source's frames on the robot's clock."""

import threading

from spot_webcam.domain.frames.frame_store import Frame
from spot_webcam.domain.timing import NANOSECONDS, RobotClock

# Robot time of a source stands still for up to this long when the estimate of the clock skew moves
# back; a larger step is a clock that was set, and is followed.
MAX_HOLD_NS = NANOSECONDS
# Calls in progress may still hold frames that are no longer the newest.
MAX_REMEMBERED = 16


class RobotTimestamps:
    """Robot times of one source's frames, monotonic in their sequence numbers. Thread-safe."""

    def __init__(self, robot_clock: RobotClock) -> None:
        self._robot_clock = robot_clock
        self._lock = threading.Lock()
        # By sequence number, the newest last.
        self._assigned: dict[int, int] = {}

    def of(self, frame: Frame) -> int:
        """Return the frame's time on the robot's clock, the same in every call.

        Raises:
            NotSynchronized: robot time is not known yet.
        """
        robot_ns = self._robot_clock.robot_time_ns(frame.monotonic_ns)
        with self._lock:
            if frame.sequence in self._assigned:
                return self._assigned[frame.sequence]
            if not self._assigned:
                return self._assign(frame, robot_ns)
            sequence, newest_ns = next(reversed(self._assigned.items()))
            if frame.sequence < sequence:
                return min(robot_ns, newest_ns)
            if 0 < newest_ns - robot_ns <= MAX_HOLD_NS:
                robot_ns = newest_ns
            return self._assign(frame, robot_ns)

    def _assign(self, frame: Frame, robot_ns: int) -> int:
        self._assigned[frame.sequence] = robot_ns
        if len(self._assigned) > MAX_REMEMBERED:
            del self._assigned[next(iter(self._assigned))]
        return robot_ns
