"""Streaming: capture at the camera's rate, and serve the newest frame."""

from collections.abc import Callable
from contextlib import suppress

from spot_webcam.app.capture.jobs import CaptureLatest, CaptureWith, Job, SourceParts
from spot_webcam.app.capture.parameter_requests import copy_error
from spot_webcam.app.capture.waiting import PendingFrame
from spot_webcam.domain.errors import CameraError, NoData, StaleFrame
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.timing import NANOSECONDS


class Streaming:
    """A `CaptureStrategy` that grabs all the time and retrieves while clients make requests.

    A source without requests is idle: its pictures are grabbed and mostly not retrieved. A request
    that ends an idle time waits for the next frame, because the one in the buffer is old.
    """

    def __init__(
        self,
        parts: SourceParts,
        validate: Callable[[StoredFrame], bool],
        idle_after_s: float,
    ) -> None:
        self._parts = parts
        self._validate = validate
        self._idle_after_ns = int(idle_after_s * NANOSECONDS)
        self._lock = parts.buffer.lock
        self._last_requested_ns: int | None = None
        # The newest frame when the source was idle last; it may be a second old.
        self._idle_sequence = 0

    def next_job(self, now_ns: int) -> Job:
        """Alternate between the stream and parameter requests while both are requested."""
        with self._lock:
            is_requested = self._is_requested(now_ns) or self._parts.health.error is not None
            batch = self._parts.requests.next_in_turn(others_wait=is_requested)
            return CaptureWith(batch) if batch else CaptureLatest(is_requested=is_requested)

    def should_retrieve(self, now_ns: int) -> bool:
        """Return whether a client made a request lately, or an outage has to end."""
        with self._lock:
            return self._is_requested(now_ns) or self._parts.health.error is not None

    def _is_requested(self, now_ns: int) -> bool:
        requested_ns = self._last_requested_ns
        return requested_ns is not None and now_ns - requested_ns <= self._idle_after_ns

    def _note_request(self, now_ns: int) -> None:
        newest = self._parts.buffer.newest
        if newest is not None and not self._is_requested(now_ns):
            self._idle_sequence = newest.frame.sequence
        self._last_requested_ns = now_ns

    def latest(self, now_ns: int) -> StoredFrame | None:
        """Return the newest frame, unless it is stale or the next one has to be waited for."""
        with self._lock:
            self._note_request(now_ns)
            newest = self._parts.buffer.newest
            if newest is None or self._is_stale(newest, now_ns):
                return None
            return None if self._is_superseded(newest, now_ns) else newest

    def request_frame(self, now_ns: int) -> PendingFrame:
        """Record a request; waiting returns the newest valid frame."""
        with self._lock:
            self._note_request(now_ns)
        return PendingFrame(self._wait_latest)

    def request_capture(self, now_ns: int) -> CameraError | None:
        """Refuse a capture with parameters while the source is unavailable."""
        return self.unavailable_reason(now_ns)

    def brief_wait_until_ns(self, _now_ns: int) -> int:
        """Return 0: a request that waits for a stream waits for a camera that does not deliver."""
        return 0

    def responded(self) -> None:
        """Do nothing: a stream proves by its frames that the camera responds."""

    def opened(self) -> None:
        """Do nothing: the next frames show whether an outage is over."""

    def unavailable_reason(self, now_ns: int) -> CameraError | None:
        """Return why there is no frame that is not stale."""
        with self._lock:
            newest, error = self._parts.buffer.newest, self._parts.health.error
            if newest is None:
                return error or self._parts.health.silent_since_start(now_ns)
            silent_since_ns = self._parts.health.silent_since_ns(now_ns)
            age_ns = now_ns - max(newest.frame.monotonic_ns, silent_since_ns)
            if age_ns <= self._parts.health.staleness_limit_ns:
                return None
        seconds = age_ns / NANOSECONDS
        return error or StaleFrame(f"no new picture for {seconds:.1f} s; the camera is stalled")

    def _is_stale(self, stored: StoredFrame, now_ns: int) -> bool:
        return now_ns - stored.frame.monotonic_ns > self._parts.health.staleness_limit_ns

    def _is_superseded(self, stored: StoredFrame, now_ns: int) -> bool:
        """Return whether a newer picture, which is not in the buffer, has to be waited for.

        That is so for the first request after an idle time, and for a stale frame while parameter
        requests keep the camera busy, or while this computer is too busy to read the camera.
        """
        if self._is_stale(stored, now_ns):
            return self._parts.health.silent_since_ns(now_ns) > stored.frame.monotonic_ns
        if stored.frame.sequence > self._idle_sequence:
            return False
        return self._parts.health.alive_ns(now_ns) > stored.frame.monotonic_ns

    def _has_failed(self) -> bool:
        return self._parts.health.error is not None

    def _wait_latest(self, deadline_ns: int) -> StoredFrame:
        now_ns = self._parts.clock.monotonic_ns()
        with self._lock:
            newest = self._parts.buffer.newest
            is_available = self.unavailable_reason(now_ns) is None
            is_superseded = newest is not None and self._is_superseded(newest, now_ns)
            first_deadline_ns = self._parts.health.first_frame_deadline_ns
            limit_ns = self._parts.health.staleness_limit_ns
            silent_since_ns = self._parts.health.silent_since_ns(now_ns)
        if is_available and newest is None:
            self._parts.waiter.wait_newer(
                0, min(deadline_ns, first_deadline_ns), self._has_failed, 0
            )
        elif is_available and newest is not None and is_superseded:
            with suppress(NoData):  # too many wait already: the frame in the buffer has to do
                self._parts.waiter.wait_newer(
                    newest.frame.sequence,
                    min(deadline_ns, now_ns + limit_ns),
                    self._has_failed,
                    # The camera is alive: its next picture is for all who wait.
                    silent_since_ns + limit_ns,
                )
        return self._newest_valid()

    def _newest_valid(self) -> StoredFrame:
        newest = self._parts.buffer.newest
        while newest is not None and not self._validate(newest):
            newest = self._parts.buffer.newest
        now_ns = self._parts.clock.monotonic_ns()
        reason = self.unavailable_reason(now_ns)
        if reason is not None:
            raise copy_error(reason)
        if newest is None:
            raise NoData("no picture yet: the camera is starting")
        if self._is_stale(newest, now_ns):
            health = self._parts.health
            if health.resumed_ns(now_ns) <= newest.frame.monotonic_ns < health.alive_ns(now_ns):
                raise NoData("the camera gave no picture in time")
            raise NoData("this computer was too busy to read the camera: ask again")
        return newest
