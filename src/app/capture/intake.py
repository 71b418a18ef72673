"""The capture loop's side of a source: it delivers pictures, or says why there are none."""

from dataclasses import replace

from spot_webcam.app.capture.frame_store import StoredFrame
from spot_webcam.app.capture.health import SourceHealth
from spot_webcam.domain.errors import (
    CameraError,
    CorruptFrame,
    NoData,
    StaleFrame,
)
from spot_webcam.domain.media.image import CaptureSettings, Frame, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import CameraMode
from spot_webcam.domain.sources.controls import Control
from spot_webcam.domain.sources.parameters import ParameterValues
from spot_webcam.domain.timing import NANOSECONDS, Instant, capture_instant

# A source that nobody has asked for this long is idle: its camera is only watched.
IDLE_AFTER_NS = 2 * NANOSECONDS


class SourceIntake(SourceHealth):
    """Takes what a camera gives, and tells pictures from what is none. Thread-safe."""

    def opening(self) -> None:
        """The camera is being opened, which may take its time."""
        with self._lock:
            self._opening = True

    def opened(
        self,
        mode: CameraMode,
        parameters: tuple[Control, ...] = (),
        parameter_spec: bytes = b"",
    ) -> None:
        """The camera was opened in this mode, with these parameters; pictures may follow."""
        with self._lock:
            self._opened_ns = self._clock.monotonic_ns()
            self._period.opened(mode)
            self.has_opened = True
            self._describe(mode.layout, mode.cols, mode.rows)
            self._description = replace(
                self._description,
                parameters=parameters,
                parameter_spec=parameter_spec,
                camera_model=mode.camera_model,
                depth_units_per_metre=mode.depth_units_per_metre,
            )
            if self._error is not None and not isinstance(self._error, CorruptFrame):
                # What it was is over; whether it is good, its first picture tells.
                self._error = NoData("the camera was opened again, and gave no picture yet")
            self._opening = False

    def deliver(
        self,
        picture: Picture | JpegPicture,
        device_timestamp_ns: int | None,
        grabbed: Instant,
        settings: CaptureSettings,
        stamp_ns: int | None = None,
    ) -> StoredFrame | None:
        """Make a picture the newest frame, and return it as it is stored.

        `stamp_ns` is the sender's time of it, of any origin. A picture that is only repeated is
        no new frame: then nothing is returned. On demand a picture is examined first, others are
        now and then, or when they are asked for.

        Raises:
            CorruptFrame: it is no picture.
            StaleFrame: it has been repeated for longer than a frame may be old.
        """
        if self.on_demand:
            self._refuse_frozen(picture, stamp_ns, grabbed)
            self._prove(picture, grabbed)
            return self._put(
                picture, capture_instant(device_timestamp_ns, grabbed), settings, good=True
            )
        if self._is_repeated(picture, stamp_ns, grabbed):
            return None
        # Pixels are looked at in microseconds.
        good = isinstance(picture, Picture) or self._pace.due(grabbed.monotonic_ns)
        if good:
            self._prove(picture, grabbed)
        return self._put(
            picture, capture_instant(device_timestamp_ns, grabbed), settings, good=good
        )

    def deliver_ordered(
        self,
        picture: Picture | JpegPicture,
        device_timestamp_ns: int | None,
        grabbed: Instant,
        settings: CaptureSettings,
        values: ParameterValues,
        stamp_ns: int | None = None,
    ) -> StoredFrame:
        """Return a picture as it is stored for those who ordered it, and for nobody else.

        They asked for these values.

        Raises:
            CorruptFrame: it is no picture.
            StaleFrame: it has been repeated for longer than a frame may be old.
        """
        now_ns = grabbed.monotonic_ns
        lasting_ns = self._ordered_repeats.lasting_ns(values, picture, stamp_ns, now_ns)
        if lasting_ns is not None and lasting_ns > self._period.limit_ns:
            raise _frozen(lasting_ns)
        self._prove(picture, grabbed)
        taken = capture_instant(device_timestamp_ns, grabbed)
        with self._lock:
            self._period.delivered(taken.monotonic_ns)
            frame = self._next_frame(picture, taken, settings)
            self._ordered_ns = taken.monotonic_ns
            if lasting_ns is None:  # else it proves nothing
                self._alive_ns = taken.monotonic_ns
                self._error = None
            self._asked_ns = None
        return StoredFrame(frame, is_valid=True)

    def refused(self) -> None:
        """Note that the camera answered an order by refusing it; it does not hang."""
        with self._lock:
            self._asked_ns = None

    def _put(
        self,
        picture: Picture | JpegPicture,
        taken: Instant,
        settings: CaptureSettings,
        *,
        good: bool,
    ) -> StoredFrame:
        with self._lock:
            self.has_opened = True
            self._period.delivered(taken.monotonic_ns)
            frame = self._next_frame(picture, taken, settings)
            self._describe(picture.layout, picture.cols, picture.rows)
            stored = self._store.put(frame, valid=good)
            # Afterwards: in between, an old frame without a cause would look stalled.
            self._error = None
            self._asked_ns = None
        return stored

    def _next_frame(
        self, picture: Picture | JpegPicture, taken: Instant, settings: CaptureSettings
    ) -> Frame:
        self._sequence += 1
        return Frame(picture, self._sequence, taken.wall_ns, taken.monotonic_ns, settings)

    def _is_repeated(
        self, picture: Picture | JpegPicture, stamp_ns: int | None, grabbed: Instant
    ) -> bool:
        lasting_ns = self._repeats.lasting_ns(picture, stamp_ns, grabbed.monotonic_ns)
        if lasting_ns is None or self._pace.suspect:
            return False
        # A sender may begin with the same picture each time: what follows is waited for.
        if min(lasting_ns, grabbed.monotonic_ns - self._opened_ns) > self._period.limit_ns:
            raise _frozen(lasting_ns)
        return True

    def _refuse_frozen(
        self, picture: Picture | JpegPicture, stamp_ns: int | None, grabbed: Instant
    ) -> None:
        """On demand there is nothing to wait for; the capture loop looks at one more."""
        lasting_ns = self._repeats.lasting_ns(picture, stamp_ns, grabbed.monotonic_ns)
        if lasting_ns is not None and lasting_ns > self._period.limit_ns:
            raise _frozen(lasting_ns)

    def _prove(self, picture: Picture | JpegPicture, grabbed: Instant) -> None:
        try:
            self._examine(picture)
        except CorruptFrame:
            self._pace.failed()
            raise
        self._pace.passed(grabbed.monotonic_ns)

    def wanted(self, now_ns: int) -> bool:
        """Tell whether the picture that was just grabbed is to be retrieved and delivered.

        While nobody looks, one a second is, so that what troubles the camera is known.
        """
        return self._is_looked_at(now_ns) or self._pace.due(now_ns) or self._error is not None

    def background_wanted(self, now_ns: int) -> bool:
        """Tell whether someone wants a picture without parameters, or the camera needs proof."""
        if self._error is not None:
            return True
        if self.on_demand:
            return self.background_demand.is_set()
        return self._is_looked_at(now_ns)

    def skipped(self, device_timestamp_ns: int | None, grabbed: Instant) -> None:
        """Note that the camera has a picture that nobody wants."""
        taken = capture_instant(device_timestamp_ns, grabbed)
        with self._lock:
            self._period.delivered(taken.monotonic_ns)
            self._alive_ns = taken.monotonic_ns

    def _is_looked_at(self, now_ns: int) -> bool:
        looked_ns = self._looked_ns
        return self.on_demand or (looked_ns is not None and now_ns - looked_ns <= IDLE_AFTER_NS)

    def fail(self, error: CameraError) -> None:
        """Note that the camera gave no picture."""
        with self._lock:
            self._error = error
            self._asked_ns = None
            self._opening = False
            self._failures[error.reason] += 1
        self._store.nudge()
        if not isinstance(error, CorruptFrame):  # the next picture may be good
            self.orders.fail(error)


def _frozen(lasting_ns: int) -> StaleFrame:
    seconds = lasting_ns / NANOSECONDS
    return StaleFrame(f"the same picture for {seconds:.1f} s: its sender is frozen")
