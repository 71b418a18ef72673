"""A camera as a source of pictures."""

import io
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from bosdyn.api import image_pb2, service_customization_pb2
from bosdyn.client.image_service_helpers import CameraInterface
from bosdyn.client.service_customization_helpers import create_value_validator

from spot_webcam.adapters.camera_interface.picture_copies import copied, rereadable
from spot_webcam.adapters.camera_interface.signatures import ImageDecode, capture_arguments
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.health.faults import Fault
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.image_service_helpers import source_protos
from spot_webcam.image_service_helpers.errands import DaemonExecutor
from spot_webcam.image_service_helpers.patience import Patience
from spot_webcam.image_service_helpers.requests import pixel_format_for, plain
from spot_webcam.image_service_helpers.shot import Decoding, Shot
from spot_webcam.image_service_helpers.source_captures import SourceCaptures

DECODINGS_AT_ONCE = 4
# For another thread to begin a decoding, which takes microseconds.
BEGINNING_S = 5.0

_RESPONSE = image_pb2.ImageResponse
_VISUAL = image_pb2.ImageSource.IMAGE_TYPE_VISUAL
_JPEG = (image_pb2.Image.FORMAT_JPEG,)


class VisualImageSource(SourceCaptures):
    """One camera and all that is known of it.

    `rows` and `cols` are in pixels, `gain` is in dB and `exposure` in seconds: a number, or a
    function that returns one. `param_spec` is a `DictParam.Spec`.
    """

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
        """Describe the camera; it is not called yet.

        Raises:
            AssertionError: the camera is derived from no `CameraInterface`.
            bosdyn.client.service_customization_helpers.InvalidCustomParamSpecError: the
                specification contradicts itself.
        """
        if not isinstance(camera_interface, CameraInterface):
            # Not TypeError: this is what callers of the SDK's module know.
            raise AssertionError(  # noqa: TRY004
                f"{type(camera_interface).__name__} is no camera: derive it from CameraInterface"
            )
        super().__init__(image_name, camera_interface, logger)
        # The caller's own list, or one of this source's: callers append to it.
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
        self.get_image_capture_params: Callable[..., Any] = partial(
            self._make_capture_parameters, gain, exposure
        )
        self._decoding = DaemonExecutor(f"decode {image_name}", DECODINGS_AT_ONCE, self.clock)
        self._decoding_patience = Patience(image_name, self._decoding)
        self._decode_error = ""

    def create_capture_thread(self, custom_params: Any = None) -> None:
        """Capture in the background from now on, with these parameters if they are allowed."""
        is_told = self.param_spec and custom_params is not None
        error = self.value_validator(custom_params) if is_told else None
        if error:
            self.logger.warning(
                "%s: the background has no parameters, because these are not allowed: %s",
                self.image_source_name,
                "; ".join(error.error_messages),
            )
        super().create_capture_thread(None if error else custom_params)

    def decoded(
        self, shot: Shot, request: Any, decode: Callable[[Any, Any, Any], int] | None = None
    ) -> "Future[Decoding]":
        """Have a shot decoded, once for all equal requests; returns at once.

        `decode` is what is called instead of `image_decode_with_error_checking`.

        Raises:
            NoData: the camera's decoding hangs.
        """
        begin = partial(
            self._begin_decoding, shot, request, decode or self.image_decode_with_error_checking
        )
        key = request.SerializeToString(deterministic=True)
        return shot.decodings.get(key, begin, BEGINNING_S)

    def image_decode_with_error_checking(
        self, image_data: Any, image_proto: Any, image_req: Any
    ) -> int:
        """Fill an `Image` as the request wants it, and return the status for the answer.

        If that fails and the plainest request would work, it is this request's fault. Otherwise
        it is the camera's, and a fault stands.
        """
        wanted = image_req
        if image_req:
            pixel_format = pixel_format_for(image_req, self.supported_pixel_formats)
            if pixel_format is None:
                return int(_RESPONSE.STATUS_UNSUPPORTED_PIXEL_FORMAT_REQUESTED)
            if pixel_format != image_req.pixel_format:
                wanted = image_pb2.ImageRequest()
                wanted.CopyFrom(image_req)
                wanted.pixel_format = pixel_format
        image_data = rereadable(image_data)
        is_stream = isinstance(image_data, io.IOBase)
        spare = copied(image_data) if is_stream else image_data
        failure = self._decode_failure(image_data, image_proto, wanted)
        if not failure:
            self.clear_fault(self.decode_data_fault)
            self._decode_error = ""
            return int(_RESPONSE.STATUS_OK)
        if wanted and self._asks_too_much(spare, wanted):
            self.logger.debug("%s: %s", self.image_source_name, failure)
            return int(_RESPONSE.STATUS_UNSUPPORTED_IMAGE_FORMAT_REQUESTED)
        self._decoding_failed(
            f"{self.image_source_name}: a picture is not to be decoded: {failure}"
        )
        return int(_RESPONSE.STATUS_IMAGE_DATA_ERROR)

    @staticmethod
    def make_image_source(
        source_name: str,
        rows: int | None = None,
        cols: int | None = None,
        pixel_formats: Sequence[int] = (),
        image_type: int = _VISUAL,
        image_formats: Sequence[int] = _JPEG,
        param_spec: Any = None,
    ) -> Any:
        """Return an `ImageSource`; it has a size only where both rows and columns are told."""
        return source_protos.make_image_source(
            source_name, rows, cols, pixel_formats, image_type, image_formats, param_spec
        )

    @staticmethod
    def make_capture_parameters(
        gain: source_protos.Setting = None,
        exposure: source_protos.Setting = None,
        request_custom_params: Any = None,
    ) -> Any:
        """Return `CaptureParameters`; settings of zero are left out, being unknown."""
        return source_protos.make_capture_parameters(gain, exposure, request_custom_params)

    def _begin_decoding(
        self, shot: Shot, request: Any, decode: Callable[[Any, Any, Any], int]
    ) -> "Future[Decoding]":
        if self._decoding_patience.is_over:
            raise NoData(f"{self.image_source_name}: the camera hangs in its decodings")
        return self._decoding.run(partial(self._decode, shot, request, decode))

    def _decode(self, shot: Shot, request: Any, decode: Callable[[Any, Any, Any], int]) -> Decoding:
        source = self.image_source_proto
        image = image_pb2.Image(rows=source.rows, cols=source.cols, format=request.image_format)
        begun_ns = self.clock.monotonic_ns()
        status = decode(shot.for_decoding(), image, request)
        self._decoding_patience.note((self.clock.monotonic_ns() - begun_ns) / NANOSECONDS)
        return Decoding(status, image, self._capture_parameters(shot))

    def _capture_parameters(self, shot: Shot) -> Any:
        """Return what the shot was taken with; parameters that the camera ignored are none."""
        used = shot.custom_params
        if used is None or not self.takes_params:
            used = service_customization_pb2.DictParam()
        make = self.get_image_capture_params
        named = {"request_custom_params": used}
        try:
            return make(**capture_arguments(make, None, named))
        except Exception as error:  # noqa: BLE001 - a picture without them is better than none
            self.logger.debug("%s: no capture parameters: %s", self.image_source_name, error)
            return image_pb2.CaptureParameters(custom_params=used)

    def _make_capture_parameters(
        self,
        gain: source_protos.Setting,
        exposure: source_protos.Setting,
        request_custom_params: Any = None,
    ) -> Any:
        return self.make_capture_parameters(
            gain=source_protos.tolerant(gain),
            exposure=source_protos.tolerant(exposure),
            request_custom_params=request_custom_params,
        )

    def _decode_failure(self, image_data: Any, image_proto: Any, request: Any) -> str:
        try:
            decode = ImageDecode(self.camera_interface.image_decode)
            copies = decode.may_call_twice
            decode(lambda: copied(image_data) if copies else image_data, image_proto, request)
        except Exception as error:  # noqa: BLE001 - a camera's defect is its own
            return f"{type(error).__name__}: {error}"
        return ""

    def _asks_too_much(self, image_data: Any, request: Any) -> bool:
        plainest = plain(request, self.image_source_proto)
        image = image_pb2.Image(
            rows=self.image_source_proto.rows,
            cols=self.image_source_proto.cols,
            format=plainest.image_format,
        )
        return request != plainest and not self._decode_failure(image_data, image, plainest)

    def _decoding_failed(self, message: str) -> None:
        if message != self._decode_error:
            self.logger.warning("%s", message)
        self._decode_error = message
        fault = Fault(self.decode_data_fault.fault_id.fault_name, message)
        self._troubles.raise_for_a_while(fault)
