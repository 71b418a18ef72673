"""On demand: capture a picture for each request, and nothing in between."""

from spot_webcam.app.capture.frame_buffer import FrameBuffer
from spot_webcam.app.capture.health import CameraHealth
from spot_webcam.app.capture.jobs import CaptureLatest, CaptureWith, Idle, Job
from spot_webcam.app.capture.parameter_requests import ParameterRequestQueue, copy_error
from spot_webcam.app.capture.waiting import FrameWaiter, PendingFrame, refused_frame
from spot_webcam.domain.errors import CameraError, CorruptFrame, NoData
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.timing import NANOSECONDS, Clock


class OnDemand:
    """A `CaptureStrategy` that captures only what requests wait for.

    Requests that wait at the same time share a picture. A camera that was in an outage captures
    one picture after it was opened, without a request, to prove that it works again.
    """

    def __init__(
        self,
        clock: Clock,
        buffer: FrameBuffer,
        health: CameraHealth,
        requests: ParameterRequestQueue,
        waiter: FrameWaiter,
    ) -> None:
        self._clock = clock
        self._buffer = buffer
        self._health = health
        self._requests = requests
        self._waiter = waiter
        self._lock = buffer.lock
        self._is_requested = False
        self._captured_latest = False
        # Since when a request has been waiting for the camera to respond.
        self._waiting_since_ns: int | None = None

    def next_job(self, now_ns: int) -> Job:
        """Alternate between requests with and without parameters while both wait."""
        with self._lock:
            job = self._next_job()
            if isinstance(job, Idle):  # a request that was withdrawn never gets a response
                self._waiting_since_ns = None
            else:
                self._note_waiting(now_ns)
            return job

    def _next_job(self) -> Job:
        if self._captured_latest or not self._is_requested:
            batch = self._requests.next_batch()
            if batch:
                self._captured_latest = False
                return CaptureWith(batch, must_be_fresh=True)
        self._captured_latest = self._is_requested
        self._is_requested = False
        return CaptureLatest(must_be_fresh=True) if self._captured_latest else Idle()

    def should_retrieve(self, _now_ns: int) -> bool:
        """Return True: a request waits for every picture that is grabbed."""
        return True

    def latest(self, _now_ns: int) -> StoredFrame | None:
        """Return None: every request waits for a picture of its own."""
        return None

    def request_frame(self, now_ns: int) -> PendingFrame:
        """Request a capture; waiting returns the picture that was captured from now on."""
        with self._lock:
            error = self._health.error
            if isinstance(error, CorruptFrame):  # the next picture may be valid
                error = None
            reason = error or self._overdue(now_ns)
            if reason is not None:
                return refused_frame(reason)
            self._note_waiting(now_ns)
            self._is_requested = True
            newest = self._buffer.newest
            sequence = 0 if newest is None else newest.frame.sequence
            failures = self._health.failure_count
        return PendingFrame(lambda deadline_ns: self._wait(sequence, failures, deadline_ns))

    def request_capture(self, now_ns: int) -> CameraError | None:
        """Refuse a capture while the camera is closed or does not respond."""
        with self._lock:
            reason = self.unavailable_reason(now_ns)
            if isinstance(reason, CorruptFrame):
                reason = None
            if reason is None:
                self._note_waiting(now_ns)
        return reason

    def _note_waiting(self, now_ns: int) -> None:
        if self._waiting_since_ns is None:
            self._waiting_since_ns = now_ns

    def brief_wait_until_ns(self, now_ns: int) -> int:
        """Return half a staleness limit after the first request that waits; 0 in an outage."""
        with self._lock:
            if self._health.error is not None:
                return 0
            since_ns = now_ns if self._waiting_since_ns is None else self._waiting_since_ns
            return since_ns + self._health.staleness_limit_ns // 2

    def responded(self) -> None:
        """Record that the camera does not hang."""
        with self._lock:
            self._waiting_since_ns = None

    def opened(self) -> None:
        """Have a camera that was in an outage prove that it works again."""
        with self._lock:
            self._is_requested = self._is_requested or self._health.error is not None

    def unavailable_reason(self, now_ns: int) -> CameraError | None:
        """Return why a request would get no picture; without requests only an outage counts."""
        with self._lock:
            return self._health.error or self._overdue(now_ns)

    def _overdue(self, now_ns: int) -> NoData | None:
        since_ns = self._waiting_since_ns
        if since_ns is None or now_ns - since_ns <= self._health.answer_limit_ns:
            return None
        waited_s = (now_ns - since_ns) / NANOSECONDS
        return NoData(f"asked for a picture {waited_s:.1f} s ago; the camera hangs")

    def _wait(self, sequence: int, failures: int, deadline_ns: int) -> StoredFrame:
        now_ns = self._clock.monotonic_ns()
        stored = self._waiter.wait_newer(
            sequence,
            min(deadline_ns, now_ns + self._health.answer_limit_ns),
            lambda: self._health.failure_count > failures,
            self.brief_wait_until_ns(now_ns),
        )
        if stored is None:
            error = self._health.error
            raise copy_error(error or NoData("the camera took no picture in time"))
        return stored
