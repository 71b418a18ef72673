"""When a picture was taken, on both of the host's clocks and on the robot's."""

import threading
from dataclasses import dataclass

from spot_webcam.domain.image import Frame
from spot_webcam.domain.ports import Clock, RobotClock

NANOSECONDS = 1_000_000_000

# A driver's time is believed if it lies at most this far back: buffers hold some frames, and
# not some minutes of them.
OLDEST_PLAUSIBLE_NS = 10 * NANOSECONDS
# Robot time of a source may stand still for this long when the estimate of the skew moves
# back; a larger step is a clock that was set, and is followed.
LARGEST_HOLD_NS = NANOSECONDS


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment on the wall clock and on the monotonic clock, in nanoseconds."""

    wall_ns: int
    monotonic_ns: int


def now(clock: Clock) -> Instant:
    """Return this moment."""
    return Instant(clock.time_ns(), clock.monotonic_ns())


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
        self._sequence = -1
        self._robot_ns = 0

    def of(self, frame: Frame) -> int:
        """Return the frame's time on the robot's clock, the same at every call.

        Raises:
            NotSynchronized: robot time is not known yet.
        """
        robot_ns = self._robot_clock.robot_time_ns(frame.captured_ns)
        with self._lock:
            if frame.sequence == self._sequence:
                return self._robot_ns
            if frame.sequence < self._sequence:
                return min(robot_ns, self._robot_ns)
            if 0 < self._robot_ns - robot_ns <= LARGEST_HOLD_NS:
                robot_ns = self._robot_ns
            self._sequence, self._robot_ns = frame.sequence, robot_ns
            return robot_ns
