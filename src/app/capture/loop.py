"""Capture loop: open one camera, capture what its source asks for, and retry for ever."""

import logging
from collections.abc import Callable
from copy import copy
from typing import TypeVar

from spot_webcam.app.capture.initial_parameters import InitialParameters
from spot_webcam.app.capture.intake import RawFrame
from spot_webcam.app.capture.jobs import CaptureLatest, CaptureWith, Idle, Job
from spot_webcam.app.capture.parameter_session import parameter_session
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.settings import Limits, Timeouts
from spot_webcam.domain.errors import (
    BlackFrame,
    CameraError,
    CorruptFrame,
    NoData,
    ParametersRefused,
    StaleFrame,
)
from spot_webcam.domain.geometry.camera_model import CameraModel
from spot_webcam.domain.geometry.delivered import delivered_mode
from spot_webcam.domain.health.backoff import Backoff
from spot_webcam.domain.instant import BUFFERED_GRAB_NS, Instant, LastGrab, now
from spot_webcam.domain.media.image import CaptureSettings
from spot_webcam.domain.media.transform import Transform
from spot_webcam.domain.media.transformed import transformed
from spot_webcam.domain.ports import Autonomous, Camera, Interruptible, StreamTimed
from spot_webcam.domain.sources.modes import CameraMode
from spot_webcam.domain.timing import NANOSECONDS, Clock

_ErrorT = TypeVar("_ErrorT", bound=CameraError)

_LOG = logging.getLogger(__name__)


class CaptureLoop:
    """Steps one camera: each step asks its source for a job and reports the outcome.

    `interrupt` may be called from any thread; everything else by the capture thread.
    """

    def __init__(
        self,
        camera: Camera,
        source: CameraSource,
        clock: Clock,
        backoff: Backoff | None = None,
        *,
        restore_controls: bool = False,
        initial: InitialParameters | None = None,
        transform: Transform | None = None,
        camera_model: CameraModel | None = None,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
        scrub: Callable[[str], str] = str,
    ) -> None:
        """`camera_model` is of the camera's own pictures, in place of the one that it reports.

        `scrub` removes the credentials of the camera from the text of its errors.
        """
        self._scrub = scrub
        self._transform = transform or Transform()
        self._camera_model = camera_model
        self._limits, self._timeouts = limits or Limits(), timeouts or Timeouts()
        self._camera = camera
        self._autonomous = camera if isinstance(camera, Autonomous) else None
        self._source = source
        self._clock = clock
        self._backoff = backoff or Backoff(
            self._timeouts.first_reopen_pause_s, self._timeouts.max_reopen_pause_s
        )
        self._session = parameter_session(
            camera,
            source.name,
            clock,
            self._timeouts.parameters_linger_s,
            restore_defaults=restore_controls,
            initial=initial,
        )
        # None while the camera is closed.
        self._mode: CameraMode | None = None
        self._logged_mode: CameraMode | None = None
        self._opened_ns = 0
        self._reopen_ns = 0
        self._settings = CaptureSettings()
        self._settings_read_ns: int | None = None
        self._damaged_frames = 0
        self._wait_s = 0.0
        self._is_stopping = False

    def step(self) -> float:
        """Open the camera, or do one job; return the seconds to wait afterwards."""
        # First: a request that arrives from now on ends the wait after this step.
        self._source.wake.clear()
        self._wait_s = 0.0
        job: Job | None = None
        try:
            if self._mode is None:
                return self._open_when_due()
            job = self._source.next_job()
            if isinstance(job, Idle):
                if self._session.restore_due:
                    self._session.restore()
                return self._timeouts.idle_step_s
            if self._capture(job):
                self._succeeded()
        except CameraError as error:
            return self._failed(self._scrubbed(error), job)
        except Exception as error:  # noqa: BLE001 - an adapter's defect must not end the loop
            _LOG.debug("%s: a defect of the camera adapter", self._source.name, exc_info=True)
            return self._failed(self._scrubbed(_defect(error)), job)
        return self._wait_s

    def finish(self) -> None:
        """Restore the camera's parameters and close it, whatever fails; logs a failure."""
        if self._mode is not None:
            try:
                self._session.close()
            except Exception as error:  # noqa: BLE001 - an adapter's defect must not keep it open
                cause = self._scrubbed(_defect(error))
                name = self._source.name
                text = "%s: cannot restore the parameters: %s"
                _LOG.warning(text, name, cause, extra={"source": name})
        self._close()

    def interrupt(self) -> None:
        """End all waits and, if the camera supports it, a blocking grab; from any thread."""
        self._is_stopping = True
        self._source.stop()
        if isinstance(self._camera, Interruptible):
            self._camera.interrupt()

    def _open_when_due(self) -> float:
        pause_s = (self._reopen_ns - self._clock.monotonic_ns()) / NANOSECONDS
        if pause_s > 0:  # a request ended the wait, and has to wait as well
            return pause_s
        if self._is_stopping:  # the interrupt came before, and would not end this open
            return self._timeouts.idle_step_s
        self._source.opening()
        mode = self._mode = self._delivered(self._camera.open())
        self._opened_ns = self._clock.monotonic_ns()
        self._source.opened(mode, self._session.opened(), self._session.spec)
        self._settings_read_ns = None
        level = logging.DEBUG if mode == self._logged_mode else logging.INFO
        name = self._source.name
        _LOG.log(level, "%s: opened, %s", name, mode, extra={"source": name, "mode": str(mode)})
        self._logged_mode = mode
        return 0.0

    def _delivered(self, mode: CameraMode) -> CameraMode:
        """Return the mode of what is delivered; a camera model of other pictures is not used."""
        model = self._camera_model or mode.camera_model
        try:
            return delivered_mode(mode, self._transform, model)
        except ValueError as error:
            level = logging.DEBUG if self._logged_mode is not None else logging.WARNING
            name = self._source.name
            text = "%s: its pictures are served without a camera model: %s"
            _LOG.log(level, text, name, error, extra={"source": name})
            return delivered_mode(mode, self._transform, None)

    def _capture(self, job: CaptureLatest | CaptureWith) -> bool:
        """Do a job; return whether the camera delivered a new picture."""
        must_discard = False
        if isinstance(job, CaptureWith):
            must_discard = self._session.apply(job.values)
        elif self._session.is_overridden:
            if not job.is_requested and not self._session.restore_due:
                # The parameters stay set for the client that streams with them.
                self._source.skipped(self._grab_next(), now(self._clock))
                return True
            must_discard = self._session.restore()
            self._settings_read_ns = None
        device_timestamp_ns = self._grab(must_be_fresh=job.must_be_fresh, must_discard=must_discard)
        try:
            return self._retrieve(job, device_timestamp_ns)
        except StaleFrame:
            if isinstance(job, CaptureLatest) and not job.must_be_fresh:
                raise
            # Some senders repeat their first picture at each start: the next one decides.
            return self._retrieve(job, self._grab_next())

    def _grab(self, *, must_be_fresh: bool, must_discard: bool) -> int | None:
        """Grab; discard pictures from before this call, or from before controls took effect."""
        begun = now(self._clock)
        device_timestamp_ns = self._grab_fresh(begun) if must_be_fresh else self._grab_next()
        if not must_discard:
            return device_timestamp_ns
        for _ in range(self._limits.settling_frames):
            device_timestamp_ns = self._grab_next()
        for _ in range(self._limits.max_buffered_frames):
            if device_timestamp_ns is None or device_timestamp_ns >= begun.wall_ns:
                break
            device_timestamp_ns = self._grab_next()
        return device_timestamp_ns

    def _grab_fresh(self, begun: Instant) -> int | None:
        for _ in range(self._limits.max_buffered_frames):
            grab_ns = self._clock.monotonic_ns()
            device_timestamp_ns = self._grab_next()
            if device_timestamp_ns is None:
                took_ns = self._clock.monotonic_ns() - grab_ns - self._last_grab().delay_ns
                if took_ns >= BUFFERED_GRAB_NS:
                    break
            elif device_timestamp_ns >= begun.wall_ns:
                break
        return device_timestamp_ns

    def _grab_next(self) -> int | None:
        self._source.grabbing()
        device_timestamp_ns = self._camera.grab()
        self._source.grabbed()
        return device_timestamp_ns

    def _last_grab(self) -> LastGrab:
        return LastGrab() if self._autonomous is None else self._autonomous.last_grab()

    def _retrieve(self, job: CaptureLatest | CaptureWith, device_timestamp_ns: int | None) -> bool:
        last_grab = self._last_grab()
        grabbed = now(self._clock).before(last_grab.delay_ns)
        is_latest = isinstance(job, CaptureLatest)
        if is_latest and not self._source.should_retrieve(grabbed.monotonic_ns):
            self._source.skipped(device_timestamp_ns, grabbed, last_grab.skipped)
            if self._autonomous is not None:
                self._autonomous.skip()
                self._wait_s = self._timeouts.skipping_step_s
            return True
        picture = transformed(self._camera.retrieve(), self._transform)
        if not is_latest or self._are_settings_due(grabbed):
            self._settings = self._session.annotate(self._camera.settings())
            self._settings_read_ns = grabbed.monotonic_ns
        stream_timestamp_ns = device_timestamp_ns
        if device_timestamp_ns is None and isinstance(self._camera, StreamTimed):
            stream_timestamp_ns = self._camera.stream_time_ns()
        raw = RawFrame(
            *(picture, grabbed, device_timestamp_ns, self._settings, stream_timestamp_ns),
            skipped=last_grab.skipped,
        )
        return self._source.captured(job, raw)

    def _are_settings_due(self, grabbed: Instant) -> bool:
        if self._settings_read_ns is None:
            return True
        period_ns = self._timeouts.settings_period_s * NANOSECONDS
        return grabbed.monotonic_ns - self._settings_read_ns >= period_ns

    def _succeeded(self) -> None:
        self._damaged_frames = 0
        # A camera that fails soon after each open is opened less and less often.
        open_ns = self._clock.monotonic_ns() - self._opened_ns
        if open_ns >= self._timeouts.recovered_after_s * NANOSECONDS:
            self._backoff.reset()

    def _failed(self, error: CameraError, job: Job | None) -> float:
        """Report a failure; close the camera unless the next picture may be valid."""
        self._source.failed(error, job)
        if isinstance(error, ParametersRefused) and isinstance(job, CaptureWith):
            self._session.refused()
            return 0.0
        if isinstance(error, CorruptFrame) and self._mode is not None:
            # Opening a camera again does not help against darkness.
            self._damaged_frames += not isinstance(error, BlackFrame)
            if self._damaged_frames < self._limits.max_damaged_frames:
                return 0.0
        if self._is_stopping:  # `finish` closes it, and restores its parameters before
            return 0.0
        self._mode = None
        self._damaged_frames = 0
        pause_s = self._backoff.next_s()
        self._reopen_ns = self._clock.monotonic_ns() + int(pause_s * NANOSECONDS)
        self._close()
        return pause_s

    def _close(self) -> None:
        try:
            self._camera.close()
        except Exception:  # noqa: BLE001 - it is opened again anyway, or the process ends
            _LOG.debug("%s: cannot close the camera", self._source.name, exc_info=True)

    def _scrubbed(self, error: _ErrorT) -> _ErrorT:
        """Return the error for robot, clients and log: drivers name what they open."""
        text = str(error)
        scrubbed = self._scrub(text)
        if scrubbed == text:
            return error
        copied = copy(error)
        copied.args = (scrubbed,)
        return copied


def _defect(error: Exception) -> NoData:
    return NoData(f"unexpected {type(error).__name__}: {error}")
