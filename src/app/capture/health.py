"""Camera health: the outage, the staleness limit and the faults of one source."""

import threading
from collections import Counter
from collections.abc import Mapping

from spot_webcam.app.capture.outage_log import Outage
from spot_webcam.app.settings import Timeouts
from spot_webcam.domain.errors import CameraError, CorruptFrame, EncodingError, NoData, StaleFrame
from spot_webcam.domain.health.faults import Fault, capture_fault, decode_fault
from spot_webcam.domain.health.pauses import PauseDetector
from spot_webcam.domain.health.silence import SilenceTimer
from spot_webcam.domain.health.staleness import StalenessEstimator
from spot_webcam.domain.sources.modes import CameraMode
from spot_webcam.domain.timing import NANOSECONDS, Clock

OPENED_AGAIN = "the camera was opened again, no picture yet"


class CameraHealth:
    """The one record of what is wrong with a camera, and since when. Thread-safe.

    Failures and pictures are reported to it; queries change nothing. `lock` is the source's. On
    demand, clients determine the time between two pictures, which shows no rate.
    """

    def __init__(
        self,
        source_name: str,
        clock: Clock,
        lock: threading.RLock,
        timeouts: Timeouts,
        *,
        on_demand: bool = False,
        pauses: PauseDetector | None = None,
        staleness_limit_s: float | None = None,
    ) -> None:
        """`staleness_limit_s` replaces the limit that follows from the camera's rate."""
        self._source_name = source_name
        self._clock = clock
        self._lock = lock
        self._timeouts = timeouts
        self._on_demand = on_demand
        self._pauses = pauses or PauseDetector()
        self._silence = SilenceTimer()
        self._staleness = StalenessEstimator(
            starting_limit_s=timeouts.opening_grace_s, fixed_limit_s=staleness_limit_s
        )
        # When it was opened last; before the first time, when the source was created.
        self._opened_ns = clock.monotonic_ns()
        self._is_opening = False
        # When the camera last had a new picture that is not in the buffer.
        self._alive_ns = 0
        # When it last had a new picture, in the buffer or not.
        self._delivered_ns = 0
        self._failures: Counter[str] = Counter()
        self._last_failure: tuple[CameraError, int] | None = None
        self._opens = 0
        self._outage: Outage | None = None
        self._encoding_error: tuple[EncodingError, int] | None = None

    @property
    def outage(self) -> Outage | None:
        """The outage that lasts now; it ends with the next new picture."""
        with self._lock:
            return self._outage

    @property
    def error(self) -> CameraError | None:
        """The latest cause of the outage, `None` if there is no outage."""
        with self._lock:
            return None if self._outage is None else self._outage.error

    @property
    def failures(self) -> Mapping[str, int]:
        """The number of failures since the start, by reason."""
        with self._lock:
            return dict(self._failures)

    @property
    def last_failure(self) -> tuple[CameraError, int] | None:
        """The last failure and when it was; `None` if there was none since the start."""
        with self._lock:
            return self._last_failure

    @property
    def opens(self) -> int:
        """How many times the camera was opened."""
        with self._lock:
            return self._opens

    def rate_hz(self, now_ns: int) -> float | None:
        """Return the rate of the last pictures; `None` if it is not known."""
        with self._lock:
            return self._staleness.rate_hz(now_ns)

    @property
    def failure_count(self) -> int:
        """The number of failures since the start."""
        with self._lock:
            return self._failures.total()

    def alive_ns(self, now_ns: int) -> int:
        """Return when the camera last had, or may have had, a picture that is not in the buffer.

        It may have had one while this process paused. 0 for never.
        """
        with self._lock:
            return max(self._alive_ns, self._pauses.resumed_ns(now_ns))

    @property
    def last_alive_ns(self) -> int:
        """When the camera last had a picture that is not in the buffer; 0 for never."""
        with self._lock:
            return self._alive_ns

    def silent_since_ns(self, now_ns: int) -> int:
        """Return since when the camera has been silent, if that is later than its newest frame.

        Time in which this computer did not grab does not count, unless grabs fail; nor does a
        pause of this process, unless the camera had been silent for too long before.
        """
        with self._lock:
            alive_ns = self._alive_ns
            if self._outage is None:
                alive_ns = max(alive_ns, self._silence.since_ns(now_ns, self.answer_limit_ns))
            since_ns = max(alive_ns, self._delivered_ns)
            excused_ns = self.excused_ns(since_ns, self.staleness_limit_ns, now_ns)
            return excused_ns if excused_ns > since_ns else alive_ns

    def excused_ns(self, since_ns: int, limit_ns: int, now_ns: int) -> int:
        """Return since when a silence counts that began at `since_ns`, see `PauseDetector`."""
        return self._pauses.excused_ns(since_ns, limit_ns, now_ns)

    def resumed_ns(self, now_ns: int) -> int:
        """Return when the last pause of this process ended; 0 for never."""
        return self._pauses.resumed_ns(now_ns)

    @property
    def opened_ns(self) -> int:
        """When the camera was opened last."""
        with self._lock:
            return self._opened_ns

    @property
    def staleness_limit_ns(self) -> int:
        """The maximum age of a frame that is served."""
        with self._lock:
            return self._staleness.limit_ns

    @property
    def first_frame_deadline_ns(self) -> int:
        """Until when the first picture after an open is waited for."""
        return self.opened_ns + self.answer_limit_ns

    @property
    def answer_limit_ns(self) -> int:
        """How long a camera takes at most for its first picture, on demand, and to be read."""
        grace_ns = int(self._timeouts.first_frame_grace_s * NANOSECONDS)
        return max(self.staleness_limit_ns, grace_ns)

    def silent_since_start(self, now_ns: int) -> NoData | None:
        """Return the error of a camera that has not delivered its first picture in time."""
        with self._lock:
            grace_ns = self.answer_limit_ns
            if self._is_opening:
                grace_ns = int(self._timeouts.opening_grace_s * NANOSECONDS)
            since_ns = max(self._opened_ns, self.silent_since_ns(now_ns))
            if now_ns < self.excused_ns(since_ns, grace_ns, now_ns) + grace_ns:
                return None
        return NoData("no picture since the start; the camera is silent")

    def grabbing(self) -> None:
        """Record that the camera is asked for a picture."""
        with self._lock:
            self._silence.grabbing(self._clock.monotonic_ns())

    def grabbed(self) -> None:
        """Record that the camera has a picture, which `delivered` or `failed` follows."""
        with self._lock:
            self._silence.grabbed(self._clock.monotonic_ns())

    def opening(self) -> None:
        """Record that the camera is being opened, which may take long."""
        with self._lock:
            self._is_opening = True

    def opened(self, mode: CameraMode) -> None:
        """Record that the camera was opened; an outage lasts until its next picture."""
        with self._lock:
            self._is_opening = False
            self._opens += 1
            self._opened_ns = self._clock.monotonic_ns()
            self._staleness.opened(mode)
            if self._outage is not None and not isinstance(self._outage.error, CorruptFrame):
                # A frozen camera is frozen until it has a new picture.
                is_frozen = isinstance(self._outage.error, StaleFrame)
                kind = StaleFrame if is_frozen else NoData
                self._outage.error = kind(OPENED_AGAIN)

    def failed(self, error: CameraError, reported: CameraError | None = None) -> Outage:
        """Record a failure; return the outage that it belongs to.

        `reported` is what was reported until now as the reason why there are no pictures: its
        fault stays until the outage ends, even if its cause changes. A cause of an instant is not
        kept: a connection that breaks off often ends with half a picture.
        """
        with self._lock:
            now_ns = self._clock.monotonic_ns()
            if self._outage is None:
                self._outage = Outage(now_ns, error, cause_since_ns=now_ns)
            elif now_ns - self._outage.cause_since_ns < self._timeouts.kept_cause_s * NANOSECONDS:
                reported = None
            if error.reason != self._outage.error.reason:
                self._outage.cause_since_ns = now_ns
            self._is_opening = False
            self._failures[error.reason] += 1
            self._last_failure = (error, now_ns)
            self._outage.failures[error.reason] += 1
            self._outage.error = error
            if reported is not None:
                fault = self._fault(reported)
                self._outage.faults[fault.name] = fault
            return self._outage

    def delivered(self, captured_ns: int, *, buffered: bool, skipped: int = 0) -> None:
        """Record a new picture: an outage is over. `buffered`: the frame buffer has it.

        `skipped` pictures came before it, since the last call.
        """
        with self._lock:
            if not buffered:
                self._alive_ns = captured_ns
            self._delivered_ns = captured_ns
            self._silence.delivered(captured_ns)
            self.repeated(captured_ns, skipped)
            self._outage = None

    def repeated(self, captured_ns: int, skipped: int = 0) -> None:
        """Record a picture that proves nothing: it was the same as the one before."""
        with self._lock:
            if not self._on_demand:
                self._staleness.delivered(captured_ns, 1 + skipped)

    def encoded(self, error: EncodingError | None = None) -> None:
        """Record that a valid frame was encoded, or could not be."""
        with self._lock:
            self._encoding_error = None if error is None else (error, self._clock.monotonic_ns())

    def faults(self, reason: CameraError | None) -> list[Fault]:
        """Return the active faults, given the reason for no pictures at this moment.

        The faults of one outage stay until it is over, even if its cause changes.
        """
        with self._lock:
            faults: dict[str, Fault] = {}
            if reason is not None:
                faults.update(self._outage.faults if self._outage is not None else {})
                fault = self._fault(reason)
                faults[fault.name] = fault
            encoding_error = self._encoding_error
        if encoding_error is not None:
            error, since_ns = encoding_error
            age_ns = self._clock.monotonic_ns() - since_ns
            if age_ns < self._timeouts.encoding_fault_s * NANOSECONDS:
                fault = decode_fault(self._source_name, str(error))
                faults.setdefault(fault.name, fault)
        return list(faults.values())

    def _fault(self, reason: CameraError) -> Fault:
        make = decode_fault if isinstance(reason, CorruptFrame) else capture_fault
        return make(self._source_name, str(reason))
