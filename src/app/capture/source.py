"""Camera source: the meeting point of one capture loop and the requests of clients."""

import threading
from collections.abc import Mapping
from dataclasses import replace

from spot_webcam.app.capture.bulkhead import Bulkhead
from spot_webcam.app.capture.cancellation import CancellationToken
from spot_webcam.app.capture.frame_buffer import FrameBuffer
from spot_webcam.app.capture.frame_tally import FrameTally
from spot_webcam.app.capture.health import CameraHealth
from spot_webcam.app.capture.intake import FrameIntake, RawFrame
from spot_webcam.app.capture.jobs import (
    CaptureLatest,
    CaptureStrategy,
    CaptureWith,
    Job,
    SourceParts,
)
from spot_webcam.app.capture.on_demand import OnDemand
from spot_webcam.app.capture.outage_log import OutageLog
from spot_webcam.app.capture.parameter_requests import ParameterRequestQueue, end_all
from spot_webcam.app.capture.source_snapshot import SourceSnapshot, source_snapshot
from spot_webcam.app.capture.streaming import Streaming
from spot_webcam.app.capture.waiting import FrameWaiter, PendingFrame, refused_frame
from spot_webcam.app.settings import Limits, Timeouts
from spot_webcam.domain.errors import (
    CameraError,
    CorruptFrame,
    EncodingError,
    NoData,
    ParametersRefused,
)
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.health.faults import Fault
from spot_webcam.domain.health.pauses import PauseDetector
from spot_webcam.domain.health.validity import FrameValidator
from spot_webcam.domain.instant import Instant
from spot_webcam.domain.media.image import JpegPicture, Picture
from spot_webcam.domain.sources.controls import Control
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.sources.modes import CameraMode
from spot_webcam.domain.sources.parameters import ParameterValues
from spot_webcam.domain.timing import Clock


def bulkhead_of(limits: Limits) -> Bulkhead:
    """Return a bulkhead for all sources of a service."""
    return Bulkhead(
        limits.max_waiting_requests,
        limits.max_waiting_requests_per_source,
        limits.max_waiting_requests_per_slow_source,
    )


class CameraSource:
    """One camera as an image source: its parts, and what the loop and clients need of them.

    The loop asks `next_job` once per step and reports one outcome, `captured` or `failed`.
    Clients get the `latest` frame or request one; `faults` only reports. Thread-safe.

    Locks: buffer, health, intake and strategy share the reentrant lock of the buffer. With it held
    a thread may take the lock of the parameter queue, and no other; with the lock of the queue or
    of the bulkhead held it takes none. Validation, callbacks and waits run without a lock.
    """

    def __init__(
        self,
        description: ImageSource,
        clock: Clock,
        *,
        validator: FrameValidator = lambda *_: None,
        on_demand: bool = False,
        bulkhead: Bulkhead | None = None,
        pauses: PauseDetector | None = None,
        staleness_limit_s: float | None = None,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        """The sources of one service share `bulkhead` and `pauses`.

        `staleness_limit_s` replaces the limit that follows from the camera's rate.
        """
        limits, timeouts = limits or Limits(), timeouts or Timeouts()
        self.name = description.name
        self.on_demand = on_demand
        # Set when a request waits for the loop; the loop clears it.
        self.wake = threading.Event()
        self._clock = clock
        self._buffer = FrameBuffer()
        self._lock = self._buffer.lock
        self._health = CameraHealth(
            self.name,
            clock,
            self._lock,
            timeouts,
            on_demand=on_demand,
            pauses=pauses,
            staleness_limit_s=staleness_limit_s,
        )
        self._tally = FrameTally(self._lock)
        self._intake = FrameIntake(
            description,
            self._buffer,
            self._health,
            self._tally.counted(validator),
            timeouts.validation_s,
        )
        self._requests = ParameterRequestQueue(limits.max_parameter_requests)
        self._waiter = FrameWaiter(self.name, clock, self._buffer, bulkhead or bulkhead_of(limits))
        parts = SourceParts(clock, self._buffer, self._health, self._requests, self._waiter)
        self._strategy: CaptureStrategy = (
            OnDemand(parts)
            if on_demand
            else Streaming(parts, self._intake.validate, timeouts.idle_after_s)
        )
        # Only the capture thread uses it.
        self._log = OutageLog(self.name, timeouts.repeated_log_s)
        self._is_stopping = False

    # For clients.

    @property
    def description(self) -> ImageSource:
        """The source as it is listed now."""
        return self._intake.description

    def described_as(self, picture: Picture | JpegPicture) -> ImageSource:
        """Return the description that fits this picture."""
        return replace(
            self.description, layout=picture.layout, cols=picture.cols, rows=picture.rows
        )

    @property
    def has_opened(self) -> bool:
        """Whether the description is the camera's own, and not only presumed."""
        return self._intake.has_opened

    def latest(self) -> StoredFrame | None:
        """Return the newest frame, or `None` if a request has to wait: see `request_frame`.

        The frame is not stale; it may turn out to be invalid. Counts as a request; never blocks.
        """
        return self._strategy.latest(self._clock.monotonic_ns())

    def request_frame(self) -> PendingFrame:
        """Request a frame now; the waits for several sources overlap."""
        pending = self._strategy.request_frame(self._clock.monotonic_ns())
        self.wake.set()
        return pending

    def request_frame_with(
        self, values: ParameterValues, cancellation: CancellationToken
    ) -> PendingFrame:
        """Request one picture with these parameters, until the token is cancelled."""
        reason = self._strategy.request_capture(self._clock.monotonic_ns())
        if reason is not None:
            return refused_frame(reason)
        try:
            request = self._requests.submit(values, cancellation)
        except NoData as error:
            return refused_frame(error)
        self.wake.set()

        def wait(deadline_ns: int) -> StoredFrame:
            brief_until_ns = self._strategy.brief_wait_until_ns(self._clock.monotonic_ns())
            try:
                with self._waiter.admitted(deadline_ns, brief_until_ns) as timeout_s:
                    return request.wait(timeout_s)
            finally:
                self._requests.cancel(request)

        return PendingFrame(wait)

    def validate(self, stored: StoredFrame, shrink: int) -> bool:
        """Validate a frame, once for all requests; false: it was rejected, use `latest` again.

        Pixels of a JPEG that are decoded for that are kept; `shrink` is the divisor of their size.
        """
        return self._intake.validate(stored, shrink)

    def is_stale(self, stored: StoredFrame) -> bool:
        """Return whether a frame is too old to be served."""
        age_ns = self._clock.monotonic_ns() - stored.frame.monotonic_ns
        return age_ns > self._health.staleness_limit_ns

    @property
    def published(self) -> StoredFrame | None:
        """The frame that clients are answered from."""
        return self._buffer.published

    def publish(self, stored: StoredFrame) -> None:
        """Answer clients from this frame, unless a newer one is published already."""
        if self._buffer.publish(stored):
            self._tally.published()

    def rendered(self, error: EncodingError | None = None, *, passed_through: bool = False) -> None:
        """Record that a frame was encoded or passed through for a request, or could not be."""
        if error is None:
            self._tally.rendered(passed_through=passed_through)
        if not passed_through:  # which proves nothing
            self._health.encoded(error)

    # For operators.

    def faults(self) -> list[Fault]:
        """Return the active faults, their messages for an operator; changes nothing."""
        with self._lock:
            return self._health.faults(self._unavailable_reason())

    @property
    def failures(self) -> Mapping[str, int]:
        """The number of failures since the start, by reason."""
        return self._health.failures

    def snapshot(self) -> SourceSnapshot:
        """Return the state of this moment; never blocks, and changes nothing."""
        with self._lock:
            now_ns = self._clock.monotonic_ns()
            reason = self._strategy.unavailable_reason(now_ns)
            return source_snapshot(
                self._intake,
                self._buffer.newest,
                self._health,
                self._tally.counts,
                reason,
                now_ns,
                on_demand=self.on_demand,
            )

    @property
    def newest(self) -> StoredFrame | None:
        """The newest frame, of any age, and perhaps invalid; does not count as a request."""
        return self._buffer.newest

    def _unavailable_reason(self) -> CameraError | None:
        return self._strategy.unavailable_reason(self._clock.monotonic_ns())

    # For the capture loop.

    def next_job(self) -> Job:
        """Return what to do next; free the encodings of frames that are stale."""
        now_ns = self._clock.monotonic_ns()
        self._forget_encodings(now_ns)
        return self._strategy.next_job(now_ns)

    def _forget_encodings(self, now_ns: int) -> None:
        self._buffer.forget_made(now_ns - self._health.staleness_limit_ns)

    def should_retrieve(self, now_ns: int) -> bool:
        """Return whether the picture that was just grabbed is needed.

        An idle source retrieves one picture a second, to keep validation and faults alive.
        """
        return self._strategy.should_retrieve(now_ns) or self._intake.is_validation_due(now_ns)

    def grabbing(self) -> None:
        """Record that the camera is asked for a picture."""
        self._health.grabbing()

    def grabbed(self) -> None:
        """Record that the camera has a picture."""
        self._health.grabbed()

    def opening(self) -> None:
        """Record that the camera is being opened."""
        self._health.opening()

    def opened(
        self,
        mode: CameraMode,
        parameters: tuple[Control, ...] = (),
        parameter_spec: bytes = b"",
    ) -> None:
        """Record that the camera was opened, in this mode and with these parameters."""
        with self._lock:
            self._health.opened(mode)
            self._intake.opened(mode, parameters, parameter_spec)
            self._strategy.opened()

    def captured(self, job: CaptureLatest | CaptureWith, raw: RawFrame) -> bool:
        """Take in the picture of a job; return false if it only repeats the last one.

        Raises:
            CorruptFrame: the picture is damaged or black.
            StaleFrame: it has been repeated for longer than the staleness limit.
        """
        outage = self._health.outage
        self._tally.retrieved(raw.picture, raw.skipped)
        stored = self._intake.accept(job, raw)
        self._tally.accepted(stored)
        if stored is None:
            return False
        self._strategy.responded()
        if isinstance(job, CaptureWith):
            for request in job.requests:
                request.future.set_result(stored)
        if outage is not None and self._health.outage is not outage:
            self._log.ended(outage, self._clock.monotonic_ns())
        return True

    def skipped(self, device_timestamp_ns: int | None, grabbed: Instant, skipped: int = 0) -> None:
        """Record that the camera had a picture that was not needed, and `skipped` before it."""
        self._tally.skipped(1 + skipped)
        self._intake.skipped(device_timestamp_ns, grabbed, skipped)

    def failed(self, error: CameraError, job: Job | None = None) -> None:
        """Report that the camera has failed, in this job if there was one.

        Parameters that the camera refuses are an error of the request alone.
        """
        if isinstance(job, CaptureWith):
            end_all(job.requests, error)
            if isinstance(error, ParametersRefused):
                self._strategy.responded()
                return
        with self._lock:
            self._forget_encodings(self._clock.monotonic_ns())
            outage = self._health.failed(error, self._unavailable_reason())
            self._strategy.responded()
            is_stopping = self._is_stopping
            self._buffer.nudge()
        if not is_stopping:
            self._log.failed(outage, error, self._clock.monotonic_ns())
        if not isinstance(error, CorruptFrame):  # the next picture may be valid
            self._requests.fail(error)

    def stop(self) -> None:
        """End all waits: the service is stopping. Later failures are not logged."""
        with self._lock:
            self._is_stopping = True
        self.failed(NoData("the service is stopping"))
