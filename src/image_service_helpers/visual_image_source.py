"""`VisualImageSource`: a camera with its captures, decodings and faults."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from bosdyn.api import image_pb2, service_customization_pb2
from bosdyn.client.image_service_helpers import CameraInterface
from bosdyn.client.service_customization_helpers import create_value_validator

from spot_webcam.adapters.camera_interface.signatures import capture_arguments
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.domain.errors import CameraError
from spot_webcam.domain.health.faults import Fault, capture_fault, decode_fault
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.requests.status import Status
from spot_webcam.image_service_helpers import source_protos
from spot_webcam.image_service_helpers.camera_decoder import CameraDecoder
from spot_webcam.image_service_helpers.capture_thread import ImageCaptureThread
from spot_webcam.image_service_helpers.fault_publisher import FaultPublisher
from spot_webcam.image_service_helpers.hang_detector import MAX_WAIT_S
from spot_webcam.image_service_helpers.shot import Decoding, PendingShot, Shot
from spot_webcam.image_service_helpers.shot_decoder import Decode, ShotDecoder
from spot_webcam.image_service_helpers.source_captures import SourceCaptures
from spot_webcam.image_service_helpers.source_faults import SourceFaults, warning_fault

_LOG = logging.getLogger(__name__)


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
        self.capture_thread: ImageCaptureThread | None = None
        self.last_error_message: str | None = None
        self.fault_client: Any = None
        self.camera_capture_fault = warning_fault(capture_fault(image_name, "").name)
        self.decode_data_fault = warning_fault(decode_fault(image_name, "").name)
        self.active_fault_id_names: set[str] = set()
        # The servicer that has the source, and whether that servicer was garbage-collected.
        self.owner: object | None = None
        self.abandoned = False
        self._faults = SourceFaults(self)
        self._captures = SourceCaptures(self, on_success=self._settle_capture_fault)
        self._camera_decoder = CameraDecoder(self)
        self._shot_decoder = ShotDecoder(image_name, self.clock)
        self.request_captures = self._captures.requests
        self.share_bulkhead = self._captures.share_bulkhead
        self.capture_function: Callable[..., Any] = self.capture_at_once

    def set_logger(self, logger: logging.Logger | None) -> None:
        """Use this logger from now on; `None` changes nothing."""
        if logger is not None:
            self.logger = logger

    def create_capture_thread(self, custom_params: Any = None) -> None:
        """Capture in the background from now on, with these parameters if they are allowed."""
        if self.param_spec and custom_params is not None:
            error = self.value_validator(custom_params)
            if error:
                reason = "; ".join(error.error_messages)
                self.logger.warning(
                    "%s: capturing without parameters: these are not allowed: %s",
                    self.image_source_name,
                    reason,
                )
                custom_params = None
        if self.capture_thread is not None:
            self.capture_thread.stop_capturing_event.set()
        self.capture_thread = ImageCaptureThread(
            self.image_source_name, self._captures.function(), custom_params=custom_params
        )
        self.capture_thread.start_capturing()
        self._faults.publish()

    def stop_capturing(self, timeout_secs: float = 10) -> None:
        """End the source's threads within this time, and have its faults cleared.

        A thread that hangs in the camera is abandoned.
        """
        end_s = time.monotonic() + timeout_secs
        if self.capture_thread is not None:
            self.capture_thread.stop_capturing(timeout_secs)
        self._faults.stop(max(0.0, end_s - time.monotonic()))

    def ask_to_stop(self) -> None:
        """End the source's threads, and have its faults cleared; returns at once."""
        if self.capture_thread is not None:
            self.capture_thread.stop_capturing_event.set()
        self._faults.ask_to_stop()

    def abandon(self) -> None:
        """End the source's threads at their next step.

        Takes no lock: the garbage collector calls it, in any thread and at any point.
        """
        self.abandoned = True
        if self.capture_thread is not None:
            self.capture_thread.abandoned = True

    def get_image_and_timestamp(
        self, custom_params: Any = None, **capture_func_kwargs: Any
    ) -> tuple[Any, float] | tuple[None, None]:
        """Return an image that was taken with these parameters, and its time in seconds.

        It is the background's newest image if that was taken with them. Otherwise it is captured
        now, which blocks for half a minute at most. `None` and `None` if there is no picture: that
        raises a fault on the robot at once, which the next picture clears.
        """
        try:
            shot = self._captures.request(custom_params, capture_func_kwargs).get(MAX_WAIT_S)
        except CameraError as error:
            self.logger.debug("%s: %s", self.image_source_name, error)
            self._trigger(self.last_error_message or str(error), self.camera_capture_fault)
            return None, None
        self.clear_fault(self.camera_capture_fault)
        return shot.image, shot.timestamp

    def capture_at_once(self, custom_params: Any = None, **others: Any) -> Any:
        """Capture now, whatever the background has; otherwise as `get_image_and_timestamp`."""
        image, timestamp = self._captures.capture(custom_params, **others)
        if image is None:
            self._trigger(str(self.last_error_message), self.camera_capture_fault)
        else:
            self.clear_fault(self.camera_capture_fault)
        return image, timestamp

    def request_shot(self, custom_params: Any = None, **others: Any) -> PendingShot:
        """Request a shot; requesting several sources first lets their captures overlap.

        Calls a `get_image_and_timestamp` of the program. Raises `CameraError`.
        """
        if self._is_replaced("get_image_and_timestamp"):
            return self._captures.request_by_method(custom_params, others)
        return self._captures.request(custom_params, others)

    def _is_replaced(self, name: str) -> bool:
        """Report whether the program has a method of its own in the place of this class's."""
        method = getattr(getattr(self, name), "__func__", None)
        return method is not getattr(VisualImageSource, name)

    def is_stale(self, shot: Shot) -> bool:
        """Report whether a shot of the background has become stale."""
        thread = self.capture_thread
        return shot.is_background and thread is not None and not thread.is_recent(shot.taken_ns)

    def initialize_faults(self, fault_client: Any, image_service: str) -> None:
        """Report faults with this client, under that service, all of whose faults are cleared.

        Blocks until the robot answers.
        """
        self._faults.use(fault_client, image_service)
        self._faults.clear_service(image_service)
        if self.capture_thread is not None:
            self._faults.publish()

    def publish_faults(self, fault_client: Any, image_service: str) -> None:
        """Report faults with this client, under that service, on a thread; returns at once.

        The faults of an earlier run of this source are cleared on the robot, and no others, unless
        the program has an `initialize_faults` of its own: that is called.
        """
        if self._is_replaced("initialize_faults"):
            self.initialize_faults(fault_client, image_service)
        else:
            self._faults.use(fault_client, image_service)
        self._faults.publish()

    @property
    def fault_publisher(self) -> FaultPublisher | None:
        """The thread that reports faults, if any."""
        return self._faults.publisher

    def trigger_fault(self, error_message: str, fault: Any) -> None:
        """Raise a `ServiceFault` on the robot until it is cleared; blocks until the robot answers.

        While the source serves, the fault is raised again if the robot has lost it.
        """
        if fault is not None:
            self._faults.trigger(error_message, fault)

    def clear_fault(self, fault: Any) -> None:
        """Clear a `ServiceFault` on the robot if it was raised; blocks until the robot answers."""
        if fault is not None:
            self._faults.clear(fault.fault_id.fault_name)

    def _trigger(self, message: str, fault: Any) -> None:
        """Raise a fault of this source, unless a publisher has raised it and repeats it."""
        name = fault.fault_id.fault_name
        if self.fault_publisher is None or name not in self.active_fault_id_names:
            self.trigger_fault(message, fault)

    def _settle_capture_fault(self) -> None:
        self._faults.settle(self.camera_capture_fault.fault_id.fault_name)

    def faults(self) -> list[Fault]:
        """Return the active faults."""
        error = self._captures.error()
        name = self.camera_capture_fault.fault_id.fault_name
        return self._faults.active([] if error is None else [Fault(name, error)])

    def fault_proto(self, name: str) -> Any:
        """Return the `ServiceFault` of that name."""
        return self._faults.proto(name)

    def decoded(self, shot: Shot, request: Any, decode: Decode | None = None) -> "Future[Decoding]":
        """Return the future decoding of a shot, one for all equal requests; returns at once.

        `decode` replaces `decode_image`.

        Raises:
            NoData: the camera's decoding hangs.
        """
        decode = decode or self.decode_image
        return self._shot_decoder.decoded(
            shot, request, partial(self._decode, shot, request, decode)
        )

    def _decode(self, shot: Shot, request: Any, decode: Decode, image_data: Any) -> Decoding:
        image = source_protos.empty_image(self.image_source_proto, request.image_format)
        status = decode(image_data, image, request)
        return Decoding(status, image, self._capture_parameters(shot))

    def image_decode_with_error_checking(
        self, image_data: Any, image_proto: Any, image_req: Any
    ) -> int:
        """Fill an `Image` as the request asks for it, and return the status for the answer.

        A failure raises a fault on the robot at once, which the next success clears.
        """
        status, failure = self._camera_decoder.decode(image_data, image_proto, image_req)
        if failure:
            self._trigger(self._camera_decoder.logged(failure), self.decode_data_fault)
        elif status == Status.OK:
            self.clear_fault(self.decode_data_fault)
        return status

    def decode_image(self, image_data: Any, image_proto: Any, image_req: Any) -> int:
        """Do the same for an answer, which no report of a fault delays.

        There is a fault only if no request for the picture works. Calls an
        `image_decode_with_error_checking` of the program.
        """
        if self._is_replaced("image_decode_with_error_checking"):
            return self.image_decode_with_error_checking(image_data, image_proto, image_req)
        decoder, name = self._camera_decoder, self.decode_data_fault.fault_id.fault_name
        status, failure = decoder.decode_for_answer(image_data, image_proto, image_req)
        if failure:
            self._faults.raise_fault(Fault(name, decoder.logged(failure)), expires=True)
        elif status == Status.OK:
            self._faults.settle(name)
        return status

    def _capture_parameters(self, shot: Shot) -> Any:
        """Return the parameters of a shot, without those that the camera ignored."""
        params = shot.custom_params
        if params is None or not self._captures.takes_params():
            params = service_customization_pb2.DictParam()
        make = self.get_image_capture_params
        try:
            return make(**capture_arguments(make, None, {"request_custom_params": params}))
        except Exception as error:  # noqa: BLE001 - a picture without them is better than none
            self.logger.debug("%s: no capture parameters: %s", self.image_source_name, error)
            return image_pb2.CaptureParameters(custom_params=params)

    make_image_source = staticmethod(source_protos.make_image_source)
    make_capture_parameters = staticmethod(source_protos.make_capture_parameters)
