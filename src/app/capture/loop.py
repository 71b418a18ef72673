"""The one loop that runs every camera: open, grab, deliver, and try again for ever."""

import logging

from spot_webcam.app.capture.control_session import parameter_control
from spot_webcam.app.capture.frame_store import StoredFrame
from spot_webcam.app.capture.outage_log import OutageLog
from spot_webcam.app.capture.parameter_requests import ParameterRequest
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.domain.errors import (
    BlackFrame,
    CameraError,
    CorruptFrame,
    NoData,
    ParametersRefused,
    StaleFrame,
)
from spot_webcam.domain.health.backoff import Backoff
from spot_webcam.domain.media.image import CaptureSettings
from spot_webcam.domain.ports import Camera, CameraMode, Clock, Interruptible, StreamTimed
from spot_webcam.domain.sources.parameters import ParameterValues
from spot_webcam.domain.timing import NANOSECONDS, Instant, now

_LOG = logging.getLogger(__name__)

# A camera is back within 3 s of being able to: the longest pause, and the time to open it.
FIRST_PAUSE_S = 0.1
MAX_PAUSE_S = 2.0
# Controls are asked for at this pace: over USB each costs about a millisecond.
SETTINGS_PERIOD_NS = NANOSECONDS
# A stream that is damaged for so many frames on end is opened anew.
MAX_CORRUPT_FRAMES = 30
# On demand, a grab that returns sooner than this came from a buffer that filled meanwhile.
FRESH_GRAB_NS = 2_000_000
MAX_BUFFERED_FRAMES = 10
# A camera that has given pictures for so long is well again.
WELL_NS = 3 * NANOSECONDS
# Pictures thrown away after a control was set: the one under way, and two that sensors may have
# begun before it took effect.
SETTLING_FRAMES = 3
# On demand, with nobody asking: the step that only looks whether it is still wanted.
IDLE_S = 1.0


class CaptureLoop:
    """Steps one camera and tells its source what came of it."""

    def __init__(
        self,
        camera: Camera,
        source: CameraSource,
        clock: Clock,
        backoff: Backoff | None = None,
        *,
        restore_controls: bool = False,
    ) -> None:
        self._camera = camera
        self._source = source
        self._clock = clock
        self._backoff = backoff or Backoff(FIRST_PAUSE_S, MAX_PAUSE_S)
        self._mode: CameraMode | None = None
        self._settings = CaptureSettings()
        self._settings_ns: int | None = None
        self._corrupt_frames = 0
        self._spell = OutageLog(source.name, clock)
        self._leaving = False
        self._logged_mode: CameraMode | None = None
        self._parameters = parameter_control(
            camera, source.name, clock, restore_defaults=restore_controls
        )
        self._next_try_ns = 0
        self._opened_ns = 0
        # On demand: whether a request waits for the camera to be opened again.
        self._wanted = False

    def step(self) -> float:
        """Open the camera, or take one picture; return the seconds to wait afterwards."""
        try:
            if self._mode is None:
                return self._open_when_due()
            if self._source.on_demand and not self._source.demand.is_set():
                self._parameters.put_back_when_due()
                return IDLE_S
            self._source.demand.clear()
            is_new = self._take_background()
            self._fulfil(self._source.orders.take())
            self._remember_orders()
        except CorruptFrame as error:
            return self._corrupt(error)
        except CameraError as error:
            return self._failed(error)
        except Exception as error:  # noqa: BLE001 - an adapter's defect ends no camera
            _LOG.debug("%s: a camera adapter's defect", self._source.name, exc_info=True)
            return self._failed(_defect(error))
        if is_new:
            self._worked()
        return 0.0

    def finish(self) -> None:
        """Let the camera go."""
        if self._mode is not None:
            self._parameters.close()
        self._camera.close()

    def interrupt(self) -> None:
        """End a grab that blocks, where the camera can, for good; from any thread."""
        self._leaving = True
        if isinstance(self._camera, Interruptible):
            self._camera.interrupt()

    def _open_when_due(self) -> float:
        pause_s = (self._next_try_ns - self._clock.monotonic_ns()) / NANOSECONDS
        if pause_s > 0:  # woken by a request, which has to wait as well
            self._wanted = self._wanted or self._source.demand.is_set()
            self._source.demand.clear()
            return pause_s
        if self._leaving:  # an interrupt from before would not end this
            return IDLE_S
        self._source.opening()
        mode = self._camera.open()
        self._mode = mode
        self._opened_ns = self._clock.monotonic_ns()
        self._source.opened(mode, self._parameters.opened(), self._parameters.spec)
        self._settings_ns = None
        # On demand as well, a camera that failed has to prove that it is good again.
        if self._wanted or self._spell.lasts:
            self._wanted = False
            self._source.demand.set()
        level = logging.DEBUG if mode == self._logged_mode else logging.INFO
        _LOG.log(level, "%s: opened, %s", self._source.name, mode)
        self._logged_mode = mode
        return 0.0

    def _take_background(self) -> bool:
        """Take a picture without a request's parameters, unless only others are wanted.

        Returns whether the camera gave another one than before, or was not asked.
        """
        wanted = self._source.background_wanted(self._clock.monotonic_ns())
        only_orders = self._source.on_demand or self._parameters.away
        if only_orders and not wanted and self._source.orders.waiting:
            return True
        self._source.background_demand.clear()
        if self._parameters.away and not wanted and not self._parameters.due:
            # Parameters stay as they are for whoever streams with them.
            self._source.skipped(self._camera.grab(), now(self._clock))
            return True
        if not self._source.on_demand:
            return self._take(self._grab_background())
        try:
            return self._take(self._grab_background())
        except StaleFrame:
            # A sender may begin with the same picture each time: the next one tells.
            return self._take(self._camera.grab())

    def _grab_background(self) -> int | None:
        if self._parameters.away:
            self._settings_ns = None
            return self._grab_after(changed=self._parameters.put_back())
        return self._grab_next()

    def _grab_next(self) -> int | None:
        return self._grab_fresh() if self._source.on_demand else self._camera.grab()

    def _take(self, device_timestamp_ns: int | None) -> bool:
        grabbed = now(self._clock)
        if not self._source.wanted(grabbed.monotonic_ns):
            self._source.skipped(device_timestamp_ns, grabbed)
            return True
        picture = self._camera.retrieve()
        if (
            self._settings_ns is None
            or grabbed.monotonic_ns - self._settings_ns >= SETTINGS_PERIOD_NS
        ):
            self._read_settings(grabbed)
        stamp_ns = self._stamp_ns(device_timestamp_ns)
        stored = self._source.deliver(
            picture, device_timestamp_ns, grabbed, self._settings, stamp_ns
        )
        return stored is not None

    def _stamp_ns(self, device_timestamp_ns: int | None) -> int | None:
        """Return what the sender says of its picture's time, if anything."""
        if device_timestamp_ns is None and isinstance(self._camera, StreamTimed):
            return self._camera.stream_time_ns()
        return device_timestamp_ns

    def _read_settings(self, grabbed: Instant) -> None:
        self._settings = self._parameters.shown_in(self._camera.settings())
        self._settings_ns = grabbed.monotonic_ns

    def _fulfil(self, orders: list[ParameterRequest]) -> None:
        """Take a picture with the parameters that these orders, all alike, ask for."""
        if not orders:
            return
        try:
            stored = self._picture_with(orders[0].values)
        except ParametersRefused as error:  # the request's own fault
            self._parameters.refused()
            self._source.refused()
            _end(orders, error)
        except Exception as error:
            _end(orders, error if isinstance(error, CameraError) else _defect(error))
            raise
        else:
            for order in orders:
                order.outcome.set_result(stored)

    def _remember_orders(self) -> None:
        """On demand, take the next step at once if there are more orders."""
        if self._source.orders.waiting:
            self._source.demand.set()

    def _picture_with(self, values: ParameterValues) -> StoredFrame:
        device_timestamp_ns = self._grab_after(changed=self._parameters.apply(values))
        try:
            return self._take_ordered(values, device_timestamp_ns)
        except StaleFrame:  # as for all: the next one tells
            return self._take_ordered(values, self._camera.grab())

    def _take_ordered(
        self, values: ParameterValues, device_timestamp_ns: int | None
    ) -> StoredFrame:
        grabbed = now(self._clock)
        picture = self._camera.retrieve()
        self._read_settings(grabbed)
        stamp_ns = self._stamp_ns(device_timestamp_ns)
        return self._source.deliver_ordered(
            picture, device_timestamp_ns, grabbed, self._settings, values, stamp_ns
        )

    def _grab_after(self, *, changed: bool) -> int | None:
        """Grab; if controls were changed just now, until a picture shows it."""
        settled = now(self._clock)
        device_timestamp_ns = self._grab_next()
        if not changed:
            return device_timestamp_ns
        for _ in range(SETTLING_FRAMES):
            device_timestamp_ns = self._camera.grab()
        for _ in range(MAX_BUFFERED_FRAMES):
            if device_timestamp_ns is None or device_timestamp_ns >= settled.wall_ns:
                break
            device_timestamp_ns = self._camera.grab()
        return device_timestamp_ns

    def _grab_fresh(self) -> int | None:
        """Grab until the picture is younger than the request for it."""
        asked = now(self._clock)
        for _ in range(MAX_BUFFERED_FRAMES):
            begun_ns = self._clock.monotonic_ns()
            device_timestamp_ns = self._camera.grab()
            if device_timestamp_ns is not None and device_timestamp_ns >= asked.wall_ns:
                break
            if (
                device_timestamp_ns is None
                and self._clock.monotonic_ns() - begun_ns >= FRESH_GRAB_NS
            ):
                break
        return device_timestamp_ns

    def _corrupt(self, error: CorruptFrame) -> float:
        # Opening a camera anew brings no light.
        self._corrupt_frames += not isinstance(error, BlackFrame)
        if self._mode is None or self._corrupt_frames >= MAX_CORRUPT_FRAMES:
            return self._failed(error)
        self._note(error)
        self._remember_orders()
        return 0.0

    def _failed(self, error: CameraError) -> float:
        self._note(error)
        if self._leaving:  # the end of the loop closes it, and puts back its controls before
            return 0.0
        self._mode = None
        self._corrupt_frames = 0
        pause_s = self._backoff.next_s()
        self._next_try_ns = self._clock.monotonic_ns() + int(pause_s * NANOSECONDS)
        try:
            self._camera.close()
        except Exception:  # noqa: BLE001 - the camera is opened again all the same
            _LOG.debug("%s: cannot be closed", self._source.name, exc_info=True)
        return pause_s

    def _note(self, error: CameraError) -> None:
        self._source.fail(error)
        if not self._leaving:
            self._spell.trouble(error)

    def _worked(self) -> None:
        self._corrupt_frames = 0
        # One that fails soon after each opening is opened ever more seldom.
        if self._clock.monotonic_ns() - self._opened_ns >= WELL_NS:
            self._backoff.reset()
        self._spell.over()


def _end(orders: list[ParameterRequest], error: CameraError) -> None:
    for order in orders:
        order.outcome.set_exception(type(error)(*error.args))


def _defect(error: Exception) -> NoData:
    return NoData(f"unexpected {type(error).__name__}: {error}")
