"""Shots of a source: the background's newest, or one that is captured for a request."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from spot_webcam.adapters.camera_interface.signatures import capture_arguments, own_params
from spot_webcam.app.capture.bulkhead import Bulkhead
from spot_webcam.domain.errors import CameraError, NoData, StaleFrame
from spot_webcam.image_service_helpers.camera_access import CameraAccess
from spot_webcam.image_service_helpers.capture_thread import ImageCaptureThread
from spot_webcam.image_service_helpers.request_captures import RequestCaptures
from spot_webcam.image_service_helpers.sdk_source import SdkSource
from spot_webcam.image_service_helpers.shot import PendingShot, Shot

# For a program's own `get_image_and_timestamp`: the SDK's runner calls it on as many.
METHOD_THREADS = 4


class SourceCaptures:
    """Captures of one source. Thread-safe."""

    def __init__(self, source: SdkSource, on_success: Callable[[], None]) -> None:
        """`on_success` is called after each capture that succeeded."""
        name = source.image_source_name
        self._source = source
        self._on_success = on_success
        self._access = CameraAccess(self._warn)
        self.requests = RequestCaptures(name, self._call_function, source.clock)
        self._method_calls = RequestCaptures(
            name, self._call_method, source.clock, threads=METHOD_THREADS
        )

    def share_bulkhead(self, bulkhead: Bulkhead) -> None:
        """Count the requests that wait for a slow camera together with those of other sources."""
        for captures in (self.requests, self._method_calls):
            captures.hang_detector.bulkhead = bulkhead

    def request(self, custom_params: Any, others: Mapping[str, Any]) -> PendingShot:
        """Request a shot with these parameters; never blocks.

        The background captures from now on without parameters, or with those that it was started
        with, if they are requested.

        Raises:
            NoData: the camera hangs, or too many requests wait.
        """
        custom_params = _unless_empty(custom_params)
        thread = self._source.capture_thread
        if thread is not None and not thread.is_idle and others == thread.capture_func_kwargs:
            if custom_params == _unless_empty(thread.custom_params):
                get = partial(self._newest, thread, custom_params)
                return PendingShot(get, is_background=True)
            # Not for any other parameters: those of one client are not for all.
            is_background = custom_params in (None, _unless_empty(thread.initial_params))
            if is_background and thread.error() is None:
                thread.maybe_update_thread(custom_params, **others)
        return self.requests.request(custom_params, others)

    def request_by_method(self, custom_params: Any, others: Mapping[str, Any]) -> PendingShot:
        """Request a shot by `get_image_and_timestamp`, which is called once for each request.

        Raises:
            NoData: the method hangs, or too many requests wait.
        """
        return self._method_calls.request(custom_params, others)

    def capture(self, custom_params: Any = None, **others: Any) -> Any:
        """Capture now; `None` and `None` after a failure, which sets `last_error_message`."""
        source = self._source
        try:
            captured = self._access.capture(source.camera_interface, custom_params, others)
        except Exception as error:  # noqa: BLE001 - other people's code
            kind = "" if isinstance(error, NoData) else f"{type(error).__name__}: "
            message = f"{source.image_source_name}: no picture: {kind}{error}"
            if message != source.last_error_message:
                source.logger.warning("%s", message)
            source.last_error_message = message
            return None, None
        source.last_error_message = None
        self._on_success()
        return captured

    def function(self) -> Callable[..., Any]:
        """Return `capture` or the program's own `capture_function`, for threads that serve."""
        own = self._source.capture_function
        return self.capture if own == self._source.capture_at_once else own

    def takes_params(self) -> bool:
        """Report whether the camera takes custom parameters, as far as is known."""
        return self._access.takes_params(self._source.camera_interface)

    def error(self) -> str | None:
        """Return why there is no usable picture, if so; never blocks."""
        thread = self._source.capture_thread
        if thread is None:
            hang = self.requests.hang_detector.error()
            return self._source.last_error_message if hang is None else str(hang)
        thread_error = None if thread.stop_capturing_event.is_set() else thread.error()
        if thread_error is None or self._is_delayed_by_requests(thread, thread_error):
            return None
        return self._source.last_error_message or str(thread_error)

    def _newest(self, thread: ImageCaptureThread, custom_params: Any, timeout_s: float) -> Shot:
        try:
            shot = thread.newest(timeout_s)
        except CameraError as error:
            if not self._is_delayed_by_requests(thread, error):
                raise NoData(self._source.last_error_message or str(error)) from None
        else:
            if _unless_empty(shot.custom_params) == custom_params:
                return shot
        return self.requests.request(custom_params, thread.capture_func_kwargs).get(timeout_s)

    def _is_delayed_by_requests(self, thread: ImageCaptureThread, error: CameraError) -> bool:
        """Report whether the background is stale only because requests use the camera."""
        requests = self.requests
        if not isinstance(error, StaleFrame) or requests.hang_detector.error():
            return False
        end_ns = requests.last_end_ns
        return requests.executor.is_busy or (end_ns is not None and thread.is_recent(end_ns))

    def _call_function(self, custom_params: Any, others: Mapping[str, Any]) -> tuple[Any, float]:
        function = self.function()
        return self._existing(function(**capture_arguments(function, custom_params, others)))

    def _call_method(self, custom_params: Any, others: Mapping[str, Any]) -> tuple[Any, float]:
        named = {} if custom_params is None else {"custom_params": own_params(custom_params)}
        return self._existing(self._source.get_image_and_timestamp(**named, **others))

    def _existing(self, captured: Any) -> tuple[Any, float]:
        image, timestamp = captured
        if image is None or timestamp is None:
            reason = self._source.last_error_message
            raise NoData(reason or f"{self._source.image_source_name}: no picture")
        return image, timestamp

    def _warn(self, message: str) -> None:
        self._source.logger.warning("%s: %s", self._source.image_source_name, message)


def _unless_empty(custom_params: Any) -> Any:
    """Return parameters, `None` if there are none."""
    return custom_params if custom_params is not None and custom_params.values else None
