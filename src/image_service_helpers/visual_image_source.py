"""`VisualImageSource`: a camera with its captures, decodings and faults."""

import io
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from bosdyn.api import image_pb2, service_customization_pb2
from bosdyn.client.image_service_helpers import CameraInterface
from bosdyn.client.service_customization_helpers import create_value_validator

from spot_webcam.adapters.camera_interface.picture_copies import copied, rereadable
from spot_webcam.adapters.camera_interface.signatures import capture_arguments
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.capture.bulkhead import Bulkhead
from spot_webcam.domain.errors import CameraError, NoData, StaleFrame
from spot_webcam.domain.health.faults import Fault, capture_fault, decode_fault
from spot_webcam.domain.ports import Clock
from spot_webcam.image_service_helpers import source_protos
from spot_webcam.image_service_helpers.active_faults import ActiveFaults, warning_fault
from spot_webcam.image_service_helpers.camera_access import CameraAccess
from spot_webcam.image_service_helpers.capture_thread import ImageCaptureThread
from spot_webcam.image_service_helpers.fault_publisher import FaultPublisher
from spot_webcam.image_service_helpers.hang_detector import MAX_WAIT_S
from spot_webcam.image_service_helpers.request_captures import RequestCaptures
from spot_webcam.image_service_helpers.requests import pixel_format_for, plain
from spot_webcam.image_service_helpers.shot import Decoding, PendingShot, Shot
from spot_webcam.image_service_helpers.shot_decoder import Decode, ShotDecoder, decode_failure
from spot_webcam.image_service_helpers.subclass_capture import SubclassCapture

_LOG = logging.getLogger(__name__)
_RESPONSE = image_pb2.ImageResponse


class VisualImageSource:
    """One camera, called by one thread at a time, for any number of requests. Thread-safe.

    `rows` and `cols` are in pixels, `gain` is in dB and `exposure` in seconds: a number, or a
    function that returns one. `param_spec` is a `DictParam.Spec`. `active_fault_id_names` are the
    source's faults that the robot has.
    """

    clock: Clock = SystemClock()
    # After this time the active faults are triggered again.
    fault_repeat_s = 30.0

    def __init__(  # noqa: PLR0917 - the SDK's own
        self,
        image_name: str,
        camera_interface: Any,
        rows: int | None = None,
        cols: int | None = None,
        gain: source_protos.Setting = None,
        exposure: source_protos.Setting = None,
        pixel_formats: Sequence[int] = (),
        logger: logging.Logger | None = None,
        param_spec: Any = None,
    ) -> None:
        """Describe the camera without calling it.

        Raises:
            AssertionError: the camera's class is not derived from `CameraInterface`.
            bosdyn.client.service_customization_helpers.InvalidCustomParamSpecError: the
                specification is contradictory.
        """
        if not isinstance(camera_interface, CameraInterface):
            # Not TypeError: callers of the SDK's module expect this one.
            raise AssertionError(  # noqa: TRY004
                f"{type(camera_interface).__name__} is not a camera: derive it from CameraInterface"
            )
        self.image_source_name = image_name
        self.camera_interface = camera_interface
        self.logger = logger or _LOG
        # The caller's own list, or a list of this source: callers append to it.
        self.supported_pixel_formats = (
            pixel_formats if isinstance(pixel_formats, list) else list(pixel_formats)
        )
        self.image_source_proto = self.make_image_source(
            image_name, rows, cols, pixel_formats, param_spec=param_spec
        )
        self.param_spec = param_spec
        self.value_validator = create_value_validator(
            param_spec or service_customization_pb2.DictParam.Spec()
        )
        self.get_image_capture_params: Callable[..., Any] = lambda request_custom_params=None: (
            self.make_capture_parameters(
                gain=source_protos.tolerant(gain),
                exposure=source_protos.tolerant(exposure),
                request_custom_params=request_custom_params,
            )
        )
        self.capture_function: Callable[..., Any] = self._capture
        self.capture_thread: ImageCaptureThread | None = None
        self.last_error_message: str | None = None
        self.fault_client: Any = None
        self.camera_capture_fault = warning_fault(capture_fault(image_name, "").name)
        self.decode_data_fault = warning_fault(decode_fault(image_name, "").name)
        self.active_fault_id_names: set[str] = set()
        # The servicer that has the source, and whether that servicer was garbage-collected.
        self.owner: object | None = None
        self.abandoned = False
        self.request_captures = RequestCaptures(image_name, self._call_capture_function, self.clock)
        self.fault_publisher: FaultPublisher | None = None
        self._subclass_capture = SubclassCapture(image_name, self.clock)
        self._camera_access = CameraAccess(self._warn)
        self._decoder = ShotDecoder(image_name, self.clock)
        self._active_faults = ActiveFaults(self.clock)
        self._fault_protos: dict[str, Any] = {}
        self._logged_decode_error = ""

    def set_logger(self, logger: logging.Logger | None) -> None:
        """Use this logger from now on; `None` changes nothing."""
        if logger is not None:
            self.logger = logger

    def _warn(self, message: str) -> None:
        self.logger.warning("%s: %s", self.image_source_name, message)

    def create_capture_thread(self, custom_params: Any = None) -> None:
        """Capture in the background from now on, with these parameters if they are allowed."""
        if self.param_spec and custom_params is not None:
            error = self.value_validator(custom_params)
            if error:
                reason = "; ".join(error.error_messages)
                self._warn(f"capturing without parameters: these are not allowed: {reason}")
                custom_params = None
        if self.capture_thread is not None:
            self.capture_thread.stop_capturing_event.set()
        self.capture_thread = ImageCaptureThread(
            self.image_source_name, self.capture_function, custom_params=custom_params
        )
        self.capture_thread.start_capturing()
        self._publish_faults()

    def stop_capturing(self, timeout_secs: float = 10) -> None:
        """End the source's threads within this time, and have its faults cleared.

        A thread that hangs in the camera is abandoned.
        """
        end_s = time.monotonic() + timeout_secs
        if self.capture_thread is not None:
            self.capture_thread.stop_capturing(timeout_secs)
        self._stop_publishing(max(0.0, end_s - time.monotonic()))

    def ask_to_stop(self) -> None:
        """End the source's threads, and have its faults cleared; returns at once."""
        if self.capture_thread is not None:
            self.capture_thread.stop_capturing_event.set()
        if self.fault_publisher is not None:
            self.fault_publisher.ask_to_stop()

    def abandon(self) -> None:
        """End the source's threads at their next step.

        Takes no lock: the garbage collector calls it, in any thread and at any point.
        """
        self.abandoned = True
        if self.capture_thread is not None:
            self.capture_thread.abandoned = True

    def share_bulkhead(self, bulkhead: Bulkhead) -> None:
        """Count the requests that wait for a slow camera together with those of other sources."""
        for captures in (self.request_captures, self._subclass_capture):
            captures.hang_detector.bulkhead = bulkhead

    def get_image_and_timestamp(
        self, custom_params: Any = None, **capture_func_kwargs: Any
    ) -> tuple[Any, float] | tuple[None, None]:
        """Return an image that was taken with these parameters, and its time in seconds.

        It is the background's newest image if that was taken with them, or if none are passed.
        Otherwise it is captured now, which blocks for half a minute at most. `None` and `None` if
        there is no picture.
        """
        try:
            shot = self._request_shot(custom_params, capture_func_kwargs).get(MAX_WAIT_S)
        except CameraError as error:
            self.logger.debug("%s: %s", self.image_source_name, error)
            return None, None
        return shot.image, shot.timestamp

    def request_shot(self, custom_params: Any = None, **others: Any) -> PendingShot:
        """Request a shot; requesting several sources first lets their captures overlap.

        Calls a subclass's own `get_image_and_timestamp`. Raises `CameraError`.
        """
        method = getattr(self.get_image_and_timestamp, "__func__", None)
        if method is VisualImageSource.get_image_and_timestamp:
            return self._request_shot(custom_params, others)
        return self._subclass_capture.request(self.get_image_and_timestamp, custom_params, others)

    def is_stale(self, shot: Shot) -> bool:
        """Report whether a shot of the background has become stale."""
        thread = self.capture_thread
        return shot.is_background and thread is not None and not thread.is_recent(shot.taken_ns)

    def _request_shot(self, custom_params: Any, others: Mapping[str, Any]) -> PendingShot:
        if custom_params is not None and not custom_params.values:
            custom_params = None
        thread = self.capture_thread
        if thread is not None and not thread.is_idle:
            is_same = custom_params is None or bool(custom_params == thread.custom_params)
            if is_same and (not others or others == thread.capture_func_kwargs):
                return PendingShot(partial(self._newest, thread), is_background=True)
        return self.request_captures.request(custom_params, others)

    def _newest(self, thread: ImageCaptureThread, timeout_s: float) -> Shot:
        try:
            return thread.newest(timeout_s)
        except CameraError as error:
            if not self._is_delayed_by_requests(thread, error):
                raise NoData(self.last_error_message or str(error)) from None
        request = self.request_captures.request
        return request(thread.custom_params, thread.capture_func_kwargs).get(timeout_s)

    def _is_delayed_by_requests(self, thread: ImageCaptureThread, error: CameraError) -> bool:
        """Report whether the background is stale only because requests use the camera."""
        captures = self.request_captures
        if not isinstance(error, StaleFrame) or captures.hang_detector.error():
            return False
        end_ns = captures.last_end_ns
        return captures.executor.is_busy or (end_ns is not None and thread.is_recent(end_ns))

    def _call_capture_function(
        self, custom_params: Any, others: Mapping[str, Any]
    ) -> tuple[Any, float]:
        arguments = capture_arguments(self.capture_function, custom_params, others)
        image, timestamp = self.capture_function(**arguments)
        if image is None or timestamp is None:
            raise NoData(self.last_error_message or "the camera returned no picture")
        return image, timestamp

    def _capture(self, custom_params: Any = None, **others: Any) -> Any:
        """Capture now; `None` and `None` after a failure, which sets `last_error_message`."""
        try:
            captured = self._camera_access.capture(self.camera_interface, custom_params, others)
        except Exception as error:  # noqa: BLE001 - other people's code
            kind = "" if isinstance(error, NoData) else f"{type(error).__name__}: "
            message = f"{self.image_source_name}: no picture: {kind}{error}"
            if message != self.last_error_message:
                self.logger.warning("%s", message)
            self.last_error_message = message
            return None, None
        self.last_error_message = None
        self.clear_fault(self.camera_capture_fault)
        return captured

    def initialize_faults(self, fault_client: Any, image_service: str) -> None:
        """Publish the faults with this client, under that service; returns at once.

        The faults of an earlier run of this source are cleared on the robot, and no others.
        """
        self._stop_publishing()
        self.abandoned = False
        self.fault_client = fault_client
        for fault in self._own_faults():
            fault.fault_id.service_name = image_service
        self._publish_faults()

    def trigger_fault(self, error_message: str, fault: Any) -> None:
        """Activate a `ServiceFault` until it is cleared; returns at once."""
        if self.fault_client is not None and fault is not None:
            fault.error_message = error_message
            name = fault.fault_id.fault_name
            if fault not in self._own_faults():
                self._fault_protos[name] = fault
            self._active_faults.raise_fault(Fault(name, error_message))

    def clear_fault(self, fault: Any) -> None:
        """Deactivate a `ServiceFault` if it is active; returns at once."""
        if fault is not None:
            self._active_faults.clear(fault.fault_id.fault_name)

    def faults(self) -> list[Fault]:
        """Return the active faults."""
        error = self._capture_error()
        name = self.camera_capture_fault.fault_id.fault_name
        return self._active_faults.active([] if error is None else [Fault(name, error)])

    def fault_proto(self, name: str) -> Any:
        """Return the `ServiceFault` of that name."""
        if name == self.decode_data_fault.fault_id.fault_name:
            return self.decode_data_fault
        return self._fault_protos.get(name, self.camera_capture_fault)

    def _own_faults(self) -> tuple[Any, Any]:
        return self.camera_capture_fault, self.decode_data_fault

    def _capture_error(self) -> str | None:
        """Return why there is no usable picture, if so; never blocks."""
        thread = self.capture_thread
        if thread is None:
            hang = self.request_captures.hang_detector.error()
            return self.last_error_message if hang is None else str(hang)
        thread_error = None if thread.stop_capturing_event.is_set() else thread.error()
        if thread_error is None or self._is_delayed_by_requests(thread, thread_error):
            return None
        return self.last_error_message or str(thread_error)

    def _publish_faults(self) -> None:
        if self.fault_client is None or self.fault_publisher is not None:
            return
        self.fault_publisher = FaultPublisher(
            f"faults {self.image_source_name}",
            self,
            self.fault_client,
            self.clock,
            stale_names=[fault.fault_id.fault_name for fault in self._own_faults()],
            repeat_s=self.fault_repeat_s,
        )
        self.fault_publisher.start()

    def _stop_publishing(self, timeout_s: float = 0.0) -> None:
        publisher, self.fault_publisher = self.fault_publisher, None
        if publisher is not None:
            publisher.ask_to_stop()
            publisher.join(timeout_s)

    def decoded(self, shot: Shot, request: Any, decode: Decode | None = None) -> "Future[Decoding]":
        """Return the future decoding of a shot, one for all equal requests; returns at once.

        `decode` replaces `image_decode_with_error_checking`.

        Raises:
            NoData: the camera's decoding hangs.
        """
        decode = decode or self.image_decode_with_error_checking
        return self._decoder.decoded(shot, request, partial(self._decode, shot, request, decode))

    def _decode(self, shot: Shot, request: Any, decode: Decode, image_data: Any) -> Decoding:
        image = self._empty_image(request.image_format)
        status = decode(image_data, image, request)
        return Decoding(status, image, self._capture_parameters(shot))

    def image_decode_with_error_checking(
        self, image_data: Any, image_proto: Any, image_req: Any
    ) -> int:
        """Fill an `Image` as the request asks for it, and return the status for the answer.

        If that fails and the plainest request works, the request was at fault. If both fail, the
        camera is at fault, and a fault is raised.
        """
        request = image_req
        if image_req:
            pixel_format = pixel_format_for(image_req, self.supported_pixel_formats)
            if pixel_format is None:
                return int(_RESPONSE.STATUS_UNSUPPORTED_PIXEL_FORMAT_REQUESTED)
            if pixel_format != image_req.pixel_format:
                request = image_pb2.ImageRequest()
                request.CopyFrom(image_req)
                request.pixel_format = pixel_format
        image_data = rereadable(image_data)
        second = copied(image_data) if isinstance(image_data, io.IOBase) else image_data
        failure = decode_failure(self.camera_interface, image_data, image_proto, request)
        if not failure:
            self.clear_fault(self.decode_data_fault)
            self._logged_decode_error = ""
            return int(_RESPONSE.STATUS_OK)
        plainest = plain(request, self.image_source_proto) if request else request
        if request != plainest:
            image = self._empty_image(plainest.image_format)
            if not decode_failure(self.camera_interface, second, image, plainest):
                self.logger.debug("%s: %s", self.image_source_name, failure)
                return int(_RESPONSE.STATUS_UNSUPPORTED_IMAGE_FORMAT_REQUESTED)
        message = f"{self.image_source_name}: cannot decode a picture: {failure}"
        if message != self._logged_decode_error:
            self.logger.warning("%s", message)
        self._logged_decode_error = message
        name = self.decode_data_fault.fault_id.fault_name
        self._active_faults.raise_fault(Fault(name, message), expires=True)
        return int(_RESPONSE.STATUS_IMAGE_DATA_ERROR)

    def _empty_image(self, image_format: int) -> Any:
        source = self.image_source_proto
        return image_pb2.Image(rows=source.rows, cols=source.cols, format=image_format)

    def _capture_parameters(self, shot: Shot) -> Any:
        """Return the parameters of a shot, without those that the camera ignored."""
        params = shot.custom_params
        if params is None or not self._camera_access.takes_params(self.camera_interface):
            params = service_customization_pb2.DictParam()
        make = self.get_image_capture_params
        try:
            return make(**capture_arguments(make, None, {"request_custom_params": params}))
        except Exception as error:  # noqa: BLE001 - a picture without them is better than none
            self.logger.debug("%s: no capture parameters: %s", self.image_source_name, error)
            return image_pb2.CaptureParameters(custom_params=params)

    make_image_source = staticmethod(source_protos.make_image_source)
    make_capture_parameters = staticmethod(source_protos.make_capture_parameters)
