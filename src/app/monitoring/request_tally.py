"""Request tally: answers by source and status, and how long they took, since the start."""

import threading
from collections.abc import Sequence

from spot_webcam.app.monitoring.histogram import Histogram
from spot_webcam.app.monitoring.snapshot import AnswerCount, RequestsSnapshot
from spot_webcam.domain.errors import NotSynchronized
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.timing import NANOSECONDS, Clock, RobotClock

# In seconds: from the answer of a cached picture to the longest wait for a camera.
LATENCY_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
# From a third of a frame period at 30 Hz to the largest staleness limit.
AGE_BOUNDS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class RequestTally:
    """Counts what the image service answered. Thread-safe."""

    def __init__(self, clock: Clock, robot_clock: RobotClock) -> None:
        self._clock = clock
        self._robot_clock = robot_clock
        self._lock = threading.Lock()
        self._calls = 0
        # The status is a plain number: an enumeration's hash takes as long as all else here.
        self._answers: dict[tuple[str, int], int] = {}
        self._latency = Histogram(LATENCY_BOUNDS_S)
        self._age = Histogram(AGE_BOUNDS_S)
        # The robot's clock minus the wall clock, and when it was read.
        self._skew_ns = 0
        self._skew_read_ns: int | None = None

    def answered(self, answers: Sequence[Answer], received_ns: int) -> None:
        """Count the answers of a call that was received at a time of the wall clock.

        Waits for others that count, for microseconds.
        """
        now_ns = self._clock.time_ns()
        robot_ns = now_ns + self._skew(now_ns)
        with self._lock:
            self._calls += 1
            self._latency.add((now_ns - received_ns) / NANOSECONDS)
            for answer in answers:
                # A name that the client made up is not kept.
                name = "" if answer.source is None else answer.source.name
                key = (name, int(answer.status))
                self._answers[key] = self._answers.get(key, 0) + 1
                if answer.capture is not None:
                    self._age.add((robot_ns - answer.capture.acquired_robot_ns) / NANOSECONDS)

    def _skew(self, now_ns: int) -> int:
        """Return the robot's clock minus the wall clock, read once a second."""
        read_ns = self._skew_read_ns
        if read_ns is None or not 0 <= now_ns - read_ns < NANOSECONDS:
            try:
                robot_ns = self._robot_clock.robot_time_ns(self._clock.monotonic_ns())
            except NotSynchronized:  # then no answer has a picture
                return 0
            self._skew_ns, self._skew_read_ns = robot_ns - now_ns, now_ns
        return self._skew_ns

    def snapshot(self, bytes_in_flight: int = 0) -> RequestsSnapshot:
        """Return the counts of this moment."""
        with self._lock:
            return RequestsSnapshot(
                self._calls,
                tuple(
                    AnswerCount(source, Status(status).name, count)
                    for (source, status), count in sorted(self._answers.items())
                ),
                self._latency.snapshot(),
                self._age.snapshot(),
                bytes_in_flight,
            )
