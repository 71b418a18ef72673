"""Background captures: a thread that keeps the newest shot of a camera."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from spot_webcam.adapters.camera_interface.picture_copies import is_same
from spot_webcam.adapters.camera_interface.signatures import capture_arguments
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.settings import Timeouts
from spot_webcam.domain.errors import CameraError, NoData, StaleFrame
from spot_webcam.domain.health.backoff import Backoff
from spot_webcam.domain.health.staleness import STALE_PERIODS, StalenessEstimator
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.image_service_helpers.shot import Shot, checked

_LOG = logging.getLogger(__name__)

_TIMEOUTS = Timeouts()
STARTING_GRACE_S = _TIMEOUTS.opening_grace_s
# The first one is the duration of the start. The first pictures of many cameras come at once, from
# a buffer: fewer intervals do not show the camera's period.
MIN_INTERVALS = 4


class ThreadCaptureOutput:
    """The newest capture; it `is_valid` if it was taken with the requested parameters."""

    def __init__(self, is_valid: bool, image: Any, timestamp: float | None) -> None:
        """`timestamp` is in seconds; both are `None` if there is no usable capture."""
        self.is_valid = is_valid
        self.image = image
        self.timestamp = timestamp


class ImageCaptureThread:
    """Keep the newest capture of one camera until it is stale.

    Captures begin every `capture_period_secs`, or one after the other if they take longer.
    Thread-safe.
    """

    clock: Clock = SystemClock()

    def __init__(
        self,
        image_source_name: str,
        capture_func: Callable[..., Any],
        capture_period_secs: float = 0.05,
        custom_params: Any = None,
        **capture_func_kwargs: Any,
    ) -> None:
        """`capture_func` returns an image and its time, like `blocking_capture`."""
        self.image_source_name = image_source_name
        self.capture_period_secs = capture_period_secs
        self.stop_capturing_event = threading.Event()
        self.last_captured_image: Any = None
        self.last_captured_time: float | None = None
        self.has_updated_capture = False
        self.init_capture_function = capture_func
        self.custom_params = self.initial_params = custom_params
        self.capture_func_kwargs = capture_func_kwargs
        self.capture_function = self._capture_function()
        # Like `stop_capturing_event`, for callers that must not take a lock.
        self.abandoned = False
        self._thread: threading.Thread | None = None
        self._thread_lock = threading.RLock()
        # Set once a capture with these parameters has succeeded or failed.
        self._has_outcome = threading.Event()
        self._backoff = Backoff(_TIMEOUTS.first_reopen_pause_s, _TIMEOUTS.max_reopen_pause_s)
        self._logged = ""
        self._failure = ""
        self._shot: Shot | None = None
        self._staleness = StalenessEstimator(
            min_intervals=MIN_INTERVALS, starting_limit_s=STARTING_GRACE_S
        )
        # Whether the thread captures. If not, the program sets pictures, at any intervals.
        self._captures = False
        self._is_in_capture = False
        self._begun_ns = self.clock.monotonic_ns()

    def start_capturing(self) -> None:
        """Start the thread unless it is running."""
        if self._thread is not None and self._thread.is_alive():
            return
        _LOG.info("%s: capturing in the background", self.image_source_name)
        self.stop_capturing_event.clear()
        self.abandoned = False
        self._begun_ns = self.clock.monotonic_ns()
        name = f"capture {self.image_source_name}"
        self._thread = threading.Thread(target=self._do_image_capture, name=name, daemon=True)
        self._thread.start()

    def stop_capturing(self, timeout_secs: float = 10) -> None:
        """Stop the thread, and wait for its end; a thread that hangs in the camera is abandoned."""
        self.stop_capturing_event.set()
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return
        thread.join(timeout_secs)
        if thread.is_alive() and self._is_in_capture and timeout_secs > 0:
            _LOG.warning("%s: the camera still hangs in a capture", self.image_source_name)

    def maybe_update_thread(self, custom_params: Any = None, **capture_func_kwargs: Any) -> None:
        """Use other parameters from now on, and discard what was captured before."""
        with self._thread_lock:
            if self._has_parameters(custom_params, capture_func_kwargs):
                return
            self.custom_params = custom_params
            self.capture_func_kwargs = capture_func_kwargs
            self.capture_function = self._capture_function()
            self.has_updated_capture = False
            self._has_outcome.clear()
            self._shot = None
            self._begun_ns = self.clock.monotonic_ns()

    def set_last_captured_image(self, image_frame: Any, capture_time: float | None) -> None:
        """Record a capture, or with `None` a failed one.

        A repetition of the last picture with the same time does not count as a new picture.
        """
        with self._thread_lock:
            self._record(image_frame, capture_time, self.clock.monotonic_ns())

    def get_latest_captured_image(
        self, custom_params: Any = None, **capture_func_kwargs: Any
    ) -> ThreadCaptureOutput:
        """Return the newest capture if it was taken with these parameters; never blocks.

        If not, further captures use these parameters. Image and timestamp are `None` if the newest
        capture is stale.
        """
        with self._thread_lock:
            self.maybe_update_thread(custom_params, **capture_func_kwargs)
            if not self.has_updated_capture:
                return ThreadCaptureOutput(False, None, None)
        try:
            shot = self.newest()
        except CameraError:
            return ThreadCaptureOutput(True, None, None)
        return ThreadCaptureOutput(True, shot.image, shot.timestamp)

    def newest(self, timeout_s: float = 0.0) -> Shot:
        """Return the newest shot; blocks only until the first one.

        Raises:
            CameraError: the newest shot is stale, or there is none.
        """
        if self.error() is None and not self.has_updated_capture:
            left_s = self._begun_ns / NANOSECONDS + STARTING_GRACE_S
            left_s -= self.clock.monotonic_ns() / NANOSECONDS
            self.clock.wait(self._has_outcome, min(timeout_s, left_s))
        with self._thread_lock:
            shot, failure = self._shot, self._failure
        error = self.error()
        if error is not None:
            raise error
        if shot is None:
            raise NoData(failure or "no picture yet: the camera is starting")
        return shot

    def error(self) -> CameraError | None:
        """Return why there is no usable picture, unless the camera has just been started."""
        now_ns = self.clock.monotonic_ns()
        with self._thread_lock:
            shot, failure = self._shot, self._failure
        if shot is not None:
            if self.is_recent(shot.taken_ns):
                return None
            age_s = (now_ns - shot.taken_ns) / NANOSECONDS
            return StaleFrame(failure or f"no new picture for {age_s:.1f} s; the camera is stalled")
        if failure:
            return NoData(failure)
        if now_ns - self._begun_ns > STARTING_GRACE_S * NANOSECONDS:
            return NoData("no picture since the start; the camera is silent")
        return None

    @property
    def is_idle(self) -> bool:
        """Whether the thread was not started, and the program has set no picture."""
        return self._thread is None and self._shot is None

    def is_recent(self, taken_ns: int) -> bool:
        """Report whether a shot taken at this time of the monotonic clock is not stale."""
        if not self._captures:
            return True
        limit_ns = STALE_PERIODS * self.capture_period_secs * NANOSECONDS
        return self.clock.monotonic_ns() - taken_ns <= max(self._staleness.limit_ns, limit_ns)

    def _has_parameters(self, custom_params: Any, capture_func_kwargs: dict[str, Any]) -> bool:
        same = bool(custom_params == self.custom_params)
        return same and capture_func_kwargs == self.capture_func_kwargs

    def _capture_function(self) -> Callable[[], Any]:
        capture = self.init_capture_function
        custom_params, others = self.custom_params, self.capture_func_kwargs
        return lambda: capture(**capture_arguments(capture, custom_params, others))

    def _do_image_capture(self) -> None:
        while not (self.stop_capturing_event.is_set() or self.abandoned):
            begun_ns = self.clock.monotonic_ns()
            worked = self._capture()
            took_s = (self.clock.monotonic_ns() - begun_ns) / NANOSECONDS
            if worked:
                self._backoff.reset()
                pause_s = max(0.0, self.capture_period_secs - took_s)
            else:
                pause_s = self._backoff.next_s()
            self.clock.wait(self.stop_capturing_event, pause_s)

    def _capture(self) -> bool:
        capture_function = self.capture_function
        failure = ""
        self._captures = self._is_in_capture = True
        try:
            image, timestamp = _image_and_time(capture_function()) or (None, None)
        except BaseException as error:  # noqa: BLE001 - a camera must not end the thread
            image = timestamp = None
            failure = f"{type(error).__name__}: {error}"
        finally:
            self._is_in_capture = False
        with self._thread_lock:
            # If not, the parameters were changed during the capture.
            if capture_function is self.capture_function:
                self._failure = failure
                self.set_last_captured_image(image, timestamp)
        if failure and failure != self._logged:
            _LOG.warning("%s: no picture: %s", self.image_source_name, failure)
        self._logged = failure
        return image is not None

    def _record(self, image: Any, timestamp: float | None, now_ns: int) -> None:
        self.has_updated_capture = True
        last = self._shot
        if image is None or timestamp is None:
            self._failure = self._failure or "the last capture failed"
            self.last_captured_image = self.last_captured_time = None
            self._has_outcome.set()
            return
        self.last_captured_image, self.last_captured_time = image, timestamp
        if last is None or timestamp != last.timestamp or not is_same(image, last.image):
            if last is None:
                self._staleness.started(self._begun_ns)
            self._staleness.delivered(now_ns)
            self._failure = ""
            self._shot = Shot(image, timestamp, now_ns, self.custom_params, is_background=True)
        self._has_outcome.set()


def _image_and_time(captured: Any) -> tuple[Any, float] | None:
    """Return image and time, `None` if a function that handles its own failures returned none."""
    if isinstance(captured, tuple) and all(part is None for part in captured):
        return None
    return checked(captured)
