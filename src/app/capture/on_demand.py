"""On demand: capture a picture for each request, and nothing in between."""

from spot_webcam.app.capture.jobs import CaptureLatest, CaptureWith, Idle, Job, SourceParts
from spot_webcam.app.capture.parameter_requests import copy_error
from spot_webcam.app.capture.waiting import PendingFrame, refused_frame
from spot_webcam.domain.errors import CameraError, CorruptFrame, NoData
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.timing import NANOSECONDS


class OnDemand:
    """A `CaptureStrategy` that captures only what requests wait for.

    Requests that wait at the same time share a picture. A camera that was in an outage captures
    one picture after it was opened, without a request, to prove that it works again.
    """

    def __init__(self, parts: SourceParts) -> None:
        self._parts = parts
        self._lock = parts.buffer.lock
        self._is_requested = False
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
        batch = self._parts.requests.next_in_turn(others_wait=self._is_requested)
        if batch:
            return CaptureWith(batch, must_be_fresh=True)
        if not self._is_requested:
            return Idle()
        self._is_requested = False
        return CaptureLatest(must_be_fresh=True)

    def should_retrieve(self, _now_ns: int) -> bool:
        """Return True: a request waits for every picture that is grabbed."""
        return True

    def latest(self, _now_ns: int) -> StoredFrame | None:
        """Return None: every request waits for a picture of its own."""
        return None

    def request_frame(self, now_ns: int) -> PendingFrame:
        """Request a capture; waiting returns the picture that was captured from now on."""
        with self._lock:
            error = self._parts.health.error
            if isinstance(error, CorruptFrame):  # the next picture may be valid
                error = None
            reason = error or self._overdue(now_ns)
            if reason is not None:
                return refused_frame(reason)
            self._note_waiting(now_ns)
            self._is_requested = True
            newest = self._parts.buffer.newest
            sequence = 0 if newest is None else newest.frame.sequence
            failures = self._parts.health.failure_count
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
            if self._parts.health.error is not None:
                return 0
            since_ns = now_ns if self._waiting_since_ns is None else self._waiting_since_ns
            return since_ns + self._parts.health.staleness_limit_ns // 2

    def responded(self) -> None:
        """Record that the camera does not hang."""
        with self._lock:
            self._waiting_since_ns = None

    def opened(self) -> None:
        """Have a camera that was in an outage prove that it works again."""
        with self._lock:
            self._is_requested = self._is_requested or self._parts.health.error is not None

    def unavailable_reason(self, now_ns: int) -> CameraError | None:
        """Return why a request would get no picture; without requests only an outage counts."""
        with self._lock:
            return self._parts.health.error or self._overdue(now_ns)

    def _overdue(self, now_ns: int) -> NoData | None:
        if self._waiting_since_ns is None:
            return None
        health = self._parts.health
        since_ns = max(self._waiting_since_ns, health.silent_since_ns(now_ns))
        since_ns = health.excused_ns(since_ns, health.answer_limit_ns, now_ns)
        if now_ns - since_ns <= health.answer_limit_ns:
            return None
        waited_s = (now_ns - since_ns) / NANOSECONDS
        return NoData(f"asked for a picture {waited_s:.1f} s ago; the camera hangs")

    def _wait(self, sequence: int, failures: int, deadline_ns: int) -> StoredFrame:
        now_ns = self._parts.clock.monotonic_ns()
        stored = self._parts.waiter.wait_newer(
            sequence,
            min(deadline_ns, now_ns + self._parts.health.answer_limit_ns),
            lambda: self._parts.health.failure_count > failures,
            self.brief_wait_until_ns(now_ns),
        )
        if stored is None:
            error = self._parts.health.error
            raise copy_error(error or NoData("the camera took no picture in time"))
        return stored
