"""The captures of one source: in the background, on demand, or with parameters of a request."""

import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from spot_webcam.adapters.camera_interface.signatures import (
    capture_arguments,
    hides_old_capture,
    takes_custom_params,
)
from spot_webcam.app.capture.bulkhead import Bulkhead
from spot_webcam.domain.errors import CameraError, NoData, StaleFrame
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.image_service_helpers.camera_turns import turns_of
from spot_webcam.image_service_helpers.capture_orders import CaptureOrder, CaptureOrders
from spot_webcam.image_service_helpers.capture_thread import ImageCaptureThread
from spot_webcam.image_service_helpers.errands import DaemonExecutor
from spot_webcam.image_service_helpers.overridden import OverriddenGetting
from spot_webcam.image_service_helpers.patience import MAX_WAIT_S, Patience
from spot_webcam.image_service_helpers.shot import Shot, checked
from spot_webcam.image_service_helpers.source_faults import SourceFaults


class Asked(NamedTuple):
    """A shot to be: `get` waits for so many seconds, and raises `CameraError`."""

    get: Callable[[float], Shot]
    of_background: bool


class SourceCaptures(SourceFaults):
    """One camera, called by one thread at a time, for any number of requests. Thread-safe."""

    def __init__(self, image_name: str, camera: Any, logger: logging.Logger | None) -> None:
        super().__init__(image_name, logger)
        self.camera_interface = camera
        self.capture_function: Callable[..., Any] = self._capture
        self.capture_thread: ImageCaptureThread | None = None
        self._overridden = OverriddenGetting(image_name, self.clock)
        self._shooting = DaemonExecutor(f"shots {image_name}", 1, self.clock)
        self._orders = CaptureOrders(self._take, self._shooting)
        self.patience = Patience(image_name, self._shooting)
        self._order_ended_ns: int | None = None
        self._warned = False
        self._takes_no_params = False

    def share_room(self, room: Bulkhead) -> None:
        """Wait for slow cameras in this room, which is all sources' of a service."""
        self.patience.room = self._overridden.patience.room = room

    def create_capture_thread(self, custom_params: Any = None) -> None:
        """Capture in the background from now on, with these parameters."""
        if self.capture_thread is not None:
            self.capture_thread.stop_capturing_event.set()
        self.capture_thread = ImageCaptureThread(
            self.image_source_name, self.capture_function, custom_params=custom_params
        )
        self.capture_thread.start_capturing()
        self._tell()

    def stop_capturing(self, timeout_secs: float = 10) -> None:
        """End the source's threads within this time, and have its faults cleared.

        A thread that hangs in the camera is left behind.
        """
        end_s = time.monotonic() + timeout_secs
        if self.capture_thread is not None:
            self.capture_thread.stop_capturing(timeout_secs)
        self._stop_telling(max(0.0, end_s - time.monotonic()))

    def ask_to_stop(self) -> None:
        """Have the source's threads end, and its faults cleared; returns at once."""
        if self.capture_thread is not None:
            self.capture_thread.stop_capturing_event.set()
        self._ask_telling_to_stop()

    def abandon(self) -> None:
        """Have the source's threads end when they look next, which they do by themselves.

        It takes no lock: the garbage collector calls it, in any thread and at any point.
        """
        self.abandoned = True
        if self.capture_thread is not None:
            self.capture_thread.abandoned = True

    def get_image_and_timestamp(
        self, custom_params: Any = None, **capture_func_kwargs: Any
    ) -> tuple[Any, float] | tuple[None, None]:
        """Return an image that was taken with these parameters, and its time in seconds.

        It is the newest of the background if that has them, or if there are none given.
        Else it is taken now, which blocks for half a minute at the most. `None` and `None`
        if there is no picture.
        """
        try:
            shot = self._ask_camera(custom_params, capture_func_kwargs).get(MAX_WAIT_S)
        except CameraError as error:
            self.logger.debug("%s: %s", self.image_source_name, error)
            return None, None
        return shot.image, shot.timestamp

    def ask(self, custom_params: Any = None, **others: Any) -> Asked:
        """Ask for a shot now, and return how to get it.

        Asking several sources first lets their captures overlap. Both steps raise `CameraError`.
        A subclass's own `get_image_and_timestamp` is what is asked then.
        """
        own = getattr(self.get_image_and_timestamp, "__func__", None)
        if own is SourceCaptures.get_image_and_timestamp:
            return self._ask_camera(custom_params, others)
        get = self._overridden.ask(self.get_image_and_timestamp, custom_params, others)
        return Asked(get, of_background=False)

    def _ask_camera(self, custom_params: Any, others: Mapping[str, Any]) -> Asked:
        given = custom_params if custom_params is not None and custom_params.values else None
        thread = self.capture_thread
        if thread is not None and not thread.is_idle and _is_at_hand(thread, given, others):
            return Asked(partial(self._newest, thread), of_background=True)
        return self._ordered(given, others)

    def _ordered(self, custom_params: Any, others: Mapping[str, Any]) -> Asked:
        self.patience.check()
        order = self._orders.place(custom_params, others)
        return Asked(partial(self._collect, order), of_background=False)

    def _collect(self, order: CaptureOrder, timeout_s: float) -> Shot:
        try:
            with self.patience.waiting() as look:
                return self._orders.wait(order, timeout_s, look)
        finally:
            self._orders.leave(order)

    def is_old(self, shot: Shot) -> bool:
        """Whether a shot of the background has become too old to be given out."""
        thread = self.capture_thread
        return shot.of_background and thread is not None and not thread.is_recent(shot.taken_ns)

    def _newest(self, thread: ImageCaptureThread, timeout_s: float) -> Shot:
        try:
            return thread.newest(timeout_s)
        except CameraError as error:
            if not self._is_at_orders(thread, error):
                raise NoData(self.last_error_message or str(error)) from None
        return self._ordered(thread.custom_params, thread.capture_func_kwargs).get(timeout_s)

    def _is_at_orders(self, thread: ImageCaptureThread, trouble: CameraError) -> bool:
        """Whether the background is only held up by captures that requests ordered."""
        if not isinstance(trouble, StaleFrame) or self.patience.is_over:
            return False
        ended_ns = self._order_ended_ns
        just_now = ended_ns is not None and thread.is_recent(ended_ns)
        return just_now or self._shooting.busy

    def _take(self, custom_params: Any, others: Mapping[str, Any]) -> Shot:
        begun_ns = self.clock.monotonic_ns()
        arguments = capture_arguments(self.capture_function, custom_params, others)
        image, timestamp = self.capture_function(**arguments)
        if image is None or timestamp is None:
            raise NoData(self.last_error_message or "the camera gave no picture")
        taken_ns = self._order_ended_ns = self.clock.monotonic_ns()
        self.patience.note((taken_ns - begun_ns) / NANOSECONDS)
        return Shot(image, timestamp, taken_ns, custom_params)

    def _capture(self, custom_params: Any = None, **others: Any) -> Any:
        """Capture now; `None` and `None` if that fails, which stands in `last_error_message`."""
        blocking_capture = self.camera_interface.blocking_capture
        if custom_params is not None and not self.takes_params:
            self._warn_of_params()
            custom_params = None
        turns = turns_of(self.camera_interface)
        if not turns.acquire(MAX_WAIT_S):
            return self._failed("the camera is still at a capture from before")
        try:
            captured = checked(self._call(blocking_capture, custom_params, others))
        except Exception as error:  # noqa: BLE001 - a camera's defect is its own
            return self._failed(f"{type(error).__name__}: {error}")
        finally:
            turns.release()
        self.last_error_message = None
        self.clear_fault(self.camera_capture_fault)
        return captured

    @property
    def takes_params(self) -> bool:
        """Whether the camera takes custom parameters, as far as is known."""
        return not self._takes_no_params and takes_custom_params(
            self.camera_interface.blocking_capture
        )

    def _call(
        self, capture: Callable[..., Any], custom_params: Any, others: Mapping[str, Any]
    ) -> Any:
        try:
            return capture(**capture_arguments(capture, custom_params, others))
        except TypeError as error:
            if custom_params is None or not hides_old_capture(capture, error):
                raise
        self._takes_no_params = True
        self._warn_of_params()
        return capture(**capture_arguments(capture, None, {}))

    def _failed(self, reason: str) -> tuple[None, None]:
        message = f"{self.image_source_name}: no picture: {reason}"
        if message != self.last_error_message:
            self.logger.warning("%s", message)
        self.last_error_message = message
        return None, None

    def _warn_of_params(self) -> None:
        if not self._warned:
            self._warned = True
            self.logger.warning(
                "%s: its blocking_capture takes no custom_params: they are ignored",
                self.image_source_name,
            )

    def _capture_trouble(self) -> str | None:
        thread = self.capture_thread
        if thread is None:
            try:
                self.patience.check()
            except NoData as error:
                return str(error)
            return self.last_error_message
        trouble = None if thread.stop_capturing_event.is_set() else thread.trouble()
        if trouble is None or self._is_at_orders(thread, trouble):
            return None
        return self.last_error_message or str(trouble)


def _is_at_hand(thread: ImageCaptureThread, given: Any, others: Mapping[str, Any]) -> bool:
    """Whether the background has what is asked for; who asks for nothing gets what it has."""
    if others and others != thread.capture_func_kwargs:
        return False
    return given is None or bool(given == thread.custom_params)
