"""Normalisation of image requests before cameras see them."""

from collections.abc import Collection
from typing import Any, NamedTuple

from bosdyn.api import image_pb2

from spot_webcam.domain.media.image import ImageFormat
from spot_webcam.domain.requests.encoding import MIN_RATIO
from spot_webcam.domain.requests.status import Status

MAX_QUALITY = 100.0

_PIXEL_FORMATS = {number: name for name, number in image_pb2.Image.PixelFormat.items()}


class Refused(NamedTuple):
    """Refusal of a request; `detail` is a `CustomParamError`, if any."""

    status: Status
    message: str
    detail: Any = None


def pixel_format_for(request: Any, supported: Collection[int]) -> int | None:
    """Return the first requested pixel format that is supported, `None` if none is.

    0 leaves the choice to the camera.
    """
    if not request.pixel_format:
        return 0
    wanted = (request.pixel_format, *request.fallback_formats)
    return next((number for number in wanted if number in supported), None)


def resolved(request: Any, supported: Collection[int]) -> Any:
    """Return the normalised request, or why it is refused; custom parameters are not checked.

    Requests for the same picture are equal afterwards.
    """
    name = request.image_source_name
    if not 0.0 <= request.resize_ratio <= 1.0:  # NaN fails too
        message = f"{name}: resize_ratio {request.resize_ratio:g} is not within 0 to 1"
        return Refused(Status.UNSUPPORTED_RESIZE_RATIO_REQUESTED, message)
    if request.image_format not in set(ImageFormat):
        message = f"{name}: invalid image format {request.image_format}"
        return Refused(Status.UNSUPPORTED_IMAGE_FORMAT_REQUESTED, message)
    pixel_format = pixel_format_for(request, supported)
    if pixel_format is None:
        known = ", ".join(_PIXEL_FORMATS.get(number, str(number)) for number in supported) or "none"
        return Refused(
            Status.UNSUPPORTED_PIXEL_FORMAT_REQUESTED,
            f"{name} has no pixel format {request.pixel_format}; it advertises {known}",
        )
    clean = image_pb2.ImageRequest()
    clean.CopyFrom(request)
    clean.ClearField("fallback_formats")
    clean.pixel_format = pixel_format
    quality = request.quality_percent
    clean.quality_percent = min(quality, MAX_QUALITY) if quality > 0 else 0.0  # not NaN
    if 0.0 < request.resize_ratio < MIN_RATIO:
        clean.resize_ratio = MIN_RATIO
    elif request.resize_ratio == 1.0:
        clean.resize_ratio = 0.0
    return clean


def plain(request: Any, source: Any) -> Any:
    """Return the plainest request for the same picture: the source's own format only."""
    formats = source.image_formats
    own = formats[0] if formats else ImageFormat.UNKNOWN
    image_format = request.image_format if request.image_format in formats else own
    plainest = image_pb2.ImageRequest(
        image_source_name=request.image_source_name, image_format=image_format
    )
    if request.HasField("custom_params"):
        plainest.custom_params.CopyFrom(request.custom_params)
    return plainest
