"""Frame intake: turn what a camera delivers into frames, and refuse what is not a new picture."""

import logging
from dataclasses import dataclass, field, replace
from functools import partial

from spot_webcam.app.capture.frame_buffer import FrameBuffer
from spot_webcam.app.capture.health import CameraHealth
from spot_webcam.app.capture.jobs import CaptureLatest, CaptureWith
from spot_webcam.app.capture.single_flight import SingleFlightCache
from spot_webcam.domain.errors import CorruptFrame, StaleFrame
from spot_webcam.domain.frames.frame_store import Frame, StoredFrame
from spot_webcam.domain.health.freeze import FreezeDetector
from spot_webcam.domain.health.validity import FrameValidator, Validated, ValidationSchedule
from spot_webcam.domain.instant import Instant, capture_instant
from spot_webcam.domain.media.image import THUMBNAIL_SHRINK, CaptureSettings, JpegPicture, Picture
from spot_webcam.domain.media.jpeg import ODDITY_SEPARATOR
from spot_webcam.domain.sources.controls import Control
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.sources.modes import CameraMode
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RawFrame:
    """A picture as a camera delivered it.

    `device_timestamp_ns` is the capture time by the wall clock, if the device reports one.
    `stream_timestamp_ns` is the sender's timestamp on any clock, if there is one; only freeze
    detection uses it. `skipped` pictures before it were dropped.
    """

    picture: Picture | JpegPicture
    grabbed: Instant
    device_timestamp_ns: int | None = None
    settings: CaptureSettings = field(default_factory=CaptureSettings)
    stream_timestamp_ns: int | None = None
    skipped: int = 0


class FrameIntake:
    """Stamps, validates and numbers the frames of one source, and keeps its description.

    The capture thread calls `accept` and `skipped`; everything else is thread-safe.
    """

    def __init__(
        self,
        description: ImageSource,
        buffer: FrameBuffer,
        health: CameraHealth,
        validator: FrameValidator,
        validation_timeout_s: float,
    ) -> None:
        self._description = description
        self._buffer = buffer
        self._health = health
        self._validator = validator
        self._validation_timeout_s = validation_timeout_s
        self._lock = buffer.lock
        self._schedule = ValidationSchedule()
        # Only the capture thread uses it.
        self._freeze = FreezeDetector()
        self._sequence = 0
        self._last_captured = Instant(0, 0)
        self._has_opened = False
        self._mode: CameraMode | None = None
        # The newest frame, unless it is known to be valid, and its validation.
        self._validation: tuple[StoredFrame, SingleFlightCache[None, Validated]] | None = None
        self._logged_oddities: set[str] = set()

    @property
    def description(self) -> ImageSource:
        """The source as it is listed now."""
        with self._lock:
            return self._description

    @property
    def has_opened(self) -> bool:
        """Whether the description is the camera's own, and not only presumed."""
        with self._lock:
            return self._has_opened

    @property
    def mode(self) -> CameraMode | None:
        """The mode in which the camera was opened last."""
        with self._lock:
            return self._mode

    def opened(
        self, mode: CameraMode, parameters: tuple[Control, ...], parameter_spec: bytes
    ) -> None:
        """Describe the source by the mode and the parameters of its camera."""
        with self._lock:
            self._has_opened = True
            self._mode = mode
            self._description = replace(
                self._description,
                layout=mode.layout,
                cols=mode.cols,
                rows=mode.rows,
                parameters=parameters,
                parameter_spec=parameter_spec,
                camera_model=mode.camera_model,
                depth_units_per_metre=mode.depth_units_per_metre,
            )

    def is_validation_due(self, now_ns: int) -> bool:
        """Return whether the next picture has to be validated although no client asks for it."""
        with self._lock:
            return self._schedule.due(now_ns)

    def accept(self, job: CaptureLatest | CaptureWith, raw: RawFrame) -> StoredFrame | None:
        """Return the frame of a picture, or `None` if the picture only repeats the last one.

        The frame of a `CaptureWith` is for its requests alone; others become the newest frame.
        A picture that a request waits for is validated now; others once a second, or when a
        request needs them.

        Raises:
            CorruptFrame: the picture is damaged or black.
            StaleFrame: it has been repeated for longer than the staleness limit.
        """
        values = job.values if isinstance(job, CaptureWith) else None
        now_ns = raw.grabbed.monotonic_ns
        repeated_ns = self._freeze.repeated_for_ns(
            raw.picture, raw.stream_timestamp_ns, now_ns, values
        )
        if values is not None or job.must_be_fresh:
            self._refuse_frozen(repeated_ns)
            raw = self._validated(raw)
        else:
            with self._lock:
                is_suspect = self._schedule.is_suspect
            if repeated_ns is not None and not is_suspect:
                # Some senders repeat their first picture at each start: wait for what follows.
                self._refuse_frozen(min(repeated_ns, now_ns - self._health.opened_ns))
                return None
            # Pixels are validated within microseconds.
            if isinstance(raw.picture, JpegPicture) and not self.is_validation_due(now_ns):
                return self._store(raw, valid=False)
            raw = self._validated(raw)
        if values is None:
            return self._store(raw, valid=True)
        return self._for_requests(raw, is_new=repeated_ns is None)

    def _refuse_frozen(self, repeated_ns: int | None) -> None:
        if repeated_ns is not None and repeated_ns > self._health.staleness_limit_ns:
            seconds = repeated_ns / NANOSECONDS
            raise StaleFrame(f"the same picture for {seconds:.1f} s: its sender is frozen")

    def _validated(self, raw: RawFrame) -> RawFrame:
        try:
            validated = self._validator(raw.picture, THUMBNAIL_SHRINK)
        except CorruptFrame:
            with self._lock:
                self._schedule.failed()
            raise
        with self._lock:
            self._schedule.passed(raw.grabbed.monotonic_ns)
        if validated is not None:
            raw = replace(raw, picture=validated[0])
        self._log_oddities(raw.picture)
        return raw

    def _log_oddities(self, picture: Picture | JpegPicture) -> None:
        """Log once what is odd about the source's pictures, but harmless."""
        if not isinstance(picture, JpegPicture) or not picture.oddities:
            return
        with self._lock:
            new = set(picture.oddities.split(ODDITY_SEPARATOR)) - self._logged_oddities
            self._logged_oddities |= new
        for oddity in sorted(new):
            name = self._description.name
            text = "%s: its JPEGs have %s: harmless; clients get them without"
            _LOG.info(text, name, oddity, extra={"source": name})

    def _store(self, raw: RawFrame, *, valid: bool) -> StoredFrame:
        with self._lock:
            frame = self._next_frame(raw)
            self._has_opened = True
            self._describe(raw.picture)
            stored = self._buffer.put(frame, valid=valid)
            self._validation = None if valid else (stored, SingleFlightCache(1))
            self._health.delivered(frame.monotonic_ns, buffered=True, skipped=raw.skipped)
        return stored

    def _for_requests(self, raw: RawFrame, *, is_new: bool) -> StoredFrame:
        with self._lock:
            frame = self._next_frame(raw)
            if is_new:
                self._health.delivered(frame.monotonic_ns, buffered=False)
            else:
                self._health.repeated(frame.monotonic_ns)
        return StoredFrame(frame, is_valid=True)

    def _next_frame(self, raw: RawFrame) -> Frame:
        captured = self._capture_instant(raw)
        self._last_captured = captured
        self._sequence += 1
        return Frame(
            raw.picture, self._sequence, captured.wall_ns, captured.monotonic_ns, raw.settings
        )

    def _capture_instant(self, raw: RawFrame) -> Instant:
        captured = capture_instant(raw.device_timestamp_ns, raw.grabbed)
        # A driver that reports a timestamp for some frames only would make time run backwards.
        if captured.monotonic_ns < self._last_captured.monotonic_ns:
            return raw.grabbed
        return captured

    def skipped(self, device_timestamp_ns: int | None, grabbed: Instant, skipped: int = 0) -> None:
        """Record that the camera had a picture that no request needs, and some before it."""
        self._freeze.skipped()
        with self._lock:
            captured = capture_instant(device_timestamp_ns, grabbed)
            self._health.delivered(captured.monotonic_ns, buffered=False, skipped=skipped)

    def validate(self, stored: StoredFrame, shrink: int = THUMBNAIL_SHRINK) -> bool:
        """Validate a frame, once for all requests; a damaged one is replaced by the last valid.

        The pixels of a JPEG are decoded for that, in a size that is divided by `shrink`, and kept.

        Raises:
            EncodingTimeout: another request has been validating the frame for too long.
        """
        with self._lock:
            if stored.is_valid:
                return True
            validation = self._validation
        check = partial(self._validator, stored.frame.picture, shrink)
        try:
            if validation is None or validation[0] is not stored:
                validated = check()
            else:
                validated = validation[1].get(None, check, self._validation_timeout_s)
        except CorruptFrame as error:
            self._reject(stored, error)
            return False
        with self._lock:
            if validated is not None and not stored.is_valid:
                picture, stored.decoded = validated
                if picture is not stored.frame.picture:
                    stored.frame = replace(stored.frame, picture=picture)
            self._buffer.mark_valid(stored)
            if self._validation is not None and self._validation[0] is stored:
                # It keeps the pixels, too.
                self._validation = None
        self._log_oddities(stored.frame.picture)
        return True

    def _reject(self, stored: StoredFrame, error: CorruptFrame) -> None:
        with self._lock:
            if not self._buffer.reject(stored):
                return
            self._schedule.failed()
            self._health.failed(error)
            newest = self._buffer.newest
            if newest is not None:  # a damaged header may have had the wrong size
                self._describe(newest.frame.picture)

    def _describe(self, picture: Picture | JpegPicture) -> None:
        old = self._description
        size = (picture.layout, picture.cols, picture.rows)
        if (old.layout, old.cols, old.rows) != size:
            self._description = replace(
                old, layout=picture.layout, cols=picture.cols, rows=picture.rows
            )
