"""Robot times of a source's frames."""

import threading

from spot_webcam.domain.frames.frame import Frame
from spot_webcam.domain.ports import RobotClock
from spot_webcam.domain.timing import NANOSECONDS

# Robot time of a source may stand still for this long when the estimate of the skew moves
# back; a larger step is a clock that was set, and is followed.
MAX_HOLD_NS = NANOSECONDS
# Calls under way may still hold frames that are no longer the newest.
REMEMBERED_TIMES = 16


class RobotTimestamps:
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
            if 0 < youngest_ns - robot_ns <= MAX_HOLD_NS:
                robot_ns = youngest_ns
            return self._give(frame, robot_ns)

    def _give(self, frame: Frame, robot_ns: int) -> int:
        self._given[frame.sequence] = robot_ns
        if len(self._given) > REMEMBERED_TIMES:
            del self._given[next(iter(self._given))]
        return robot_ns
