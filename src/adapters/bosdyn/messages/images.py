"""Image requests, sources and answers as messages of the API."""

import logging
import math
from collections.abc import Callable
from contextlib import suppress

from bosdyn.api import image_pb2, service_customization_pb2
from bosdyn.api.service_customization_pb2 import DictParam
from google.protobuf.message import DecodeError

from spot_webcam.adapters.bosdyn.messages.parameters import (
    error_of,
    params_of,
    request_values,
    spec_of,
)
from spot_webcam.domain.geometry.camera_model import Lens
from spot_webcam.domain.media.image import CaptureSettings
from spot_webcam.domain.requests.answer import Answer, Capture
from spot_webcam.domain.requests.encoding import ImageRequest
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.timing import NANOSECONDS


def request_from_proto(proto: image_pb2.ImageRequest) -> ImageRequest:
    """Read one request; its numbers are not checked: the encoding policy does that."""
    params, encoded = {}, b""
    if proto.HasField("custom_params"):
        params = request_values(proto.custom_params)
        # Deterministic: equal parameters are equal bytes.
        encoded = proto.custom_params.SerializeToString(deterministic=True)
    return ImageRequest(
        source_name=proto.image_source_name,
        image_format=proto.image_format,
        pixel_format=proto.pixel_format,
        fallback_formats=tuple(proto.fallback_formats),
        quality_percent=proto.quality_percent,
        resize_ratio=proto.resize_ratio,
        custom_params=params,
        encoded_params=encoded,
    )


def source_to_proto(source: ImageSource) -> image_pb2.ImageSource:
    """Write a source as it is listed."""
    proto = image_pb2.ImageSource(
        name=source.name,
        cols=source.cols,
        rows=source.rows,
        image_type=int(source.image_type),
        image_formats=[int(image_format) for image_format in source.image_formats],
        pixel_formats=[int(pixel_format) for pixel_format in source.pixel_formats],
        depth_scale=source.depth_scale,
    )
    if source.parameter_spec:
        with suppress(DecodeError):  # a third-party camera's: the source is listed without it
            proto.custom_params.CopyFrom(DictParam.Spec.FromString(source.parameter_spec))
    elif source.parameters:
        proto.custom_params.CopyFrom(spec_of(source.parameters))
    model = source.camera_model
    if model is not None and model.fits(source.cols, source.rows):
        name, coefficients = model.lens.value
        field = "pinhole_brown_conrady" if model.lens is Lens.BROWN_CONRADY else name
        written = getattr(proto, field).intrinsics
        for coefficient, value in zip(coefficients, model.distortion, strict=True):
            setattr(written, coefficient, value)
        intrinsics = written.pinhole_intrinsics if coefficients else written
        focal, centre, skew = intrinsics.focal_length, intrinsics.principal_point, intrinsics.skew
        focal.x, focal.y = model.focal_x_px, model.focal_y_px
        centre.x, centre.y = model.principal_x_px, model.principal_y_px
        skew.x, skew.y = model.skew_x_px, model.skew_y_px
    return proto


def write_answer(
    answer: Answer, request: image_pb2.ImageRequest, proto: image_pb2.ImageResponse
) -> None:
    """Fill a response with the answer to a request, except for the picture's data."""
    proto.status = int(answer.status)
    if answer.source is not None:
        proto.source.CopyFrom(source_to_proto(answer.source))
    if answer.capture is not None:
        _write_capture(answer.capture, answer.source, proto.shot)
    if answer.status is Status.CUSTOM_PARAMS_ERROR:
        source = answer.source
        offer = ((), b"") if source is None else (source.parameters, source.parameter_spec)
        error = error_of(request.custom_params, *offer, answer.message)
        proto.custom_param_error.CopyFrom(error)


def _write_capture(
    capture: Capture, source: ImageSource | None, proto: image_pb2.ImageCapture
) -> None:
    proto.acquisition_time.seconds, proto.acquisition_time.nanos = divmod(
        capture.acquired_robot_ns, NANOSECONDS
    )
    image = capture.image
    proto.image.cols = image.cols
    proto.image.rows = image.rows
    proto.image.format = int(image.image_format)
    proto.image.pixel_format = int(image.pixel_format)
    write_settings(capture.settings, source, proto.capture_params)


_LOG = logging.getLogger(__name__)

# Maximum of google.protobuf.Duration; a camera may report an infinite exposure.
MAX_EXPOSURE_S = 315_576_000_000


def write_settings(
    settings: CaptureSettings, source: ImageSource | None, proto: image_pb2.CaptureParameters
) -> None:
    """Fill exposure, gain and custom parameters; invalid values are skipped, not the picture."""
    _skip_if_invalid(lambda: _write_exposure(settings, proto))
    _skip_if_invalid(lambda: _write_gain(settings, proto))
    _skip_if_invalid(lambda: _write_parameters(settings, source, proto))


def _skip_if_invalid(write: Callable[[], None]) -> None:
    try:
        write()
    except Exception:  # noqa: BLE001 - third-party cameras report anything
        _LOG.debug("skipped an invalid setting of the camera", exc_info=True)


def _write_exposure(settings: CaptureSettings, proto: image_pb2.CaptureParameters) -> None:
    exposure_s = settings.exposure_s
    if exposure_s is None or math.isnan(exposure_s) or exposure_s < 0:
        return
    exposure_ns = round(min(exposure_s, MAX_EXPOSURE_S) * NANOSECONDS)
    duration = proto.exposure_duration
    duration.seconds, duration.nanos = divmod(exposure_ns, NANOSECONDS)


def _write_gain(settings: CaptureSettings, proto: image_pb2.CaptureParameters) -> None:
    if settings.gain_db is not None and math.isfinite(settings.gain_db):
        proto.gain = settings.gain_db


def _write_parameters(
    settings: CaptureSettings, source: ImageSource | None, proto: image_pb2.CaptureParameters
) -> None:
    if settings.encoded_parameters:
        # Parsed apart: after an error the message would keep the part that was read.
        used = service_customization_pb2.DictParam.FromString(settings.encoded_parameters)
        proto.custom_params.CopyFrom(used)
    elif source is not None and settings.parameters:
        proto.custom_params.CopyFrom(params_of(settings.parameters, source.parameters))
