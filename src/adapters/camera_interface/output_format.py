"""Negotiation of the format that is requested from a camera's `image_decode`."""

import logging
from dataclasses import dataclass

from bosdyn.api import image_pb2

from spot_webcam.adapters.camera_interface.calls import DecodeRequest, InterfaceCalls
from spot_webcam.adapters.camera_interface.captured_data import CapturedData
from spot_webcam.adapters.camera_interface.description import CameraDescription
from spot_webcam.adapters.camera_interface.jpegs import (
    DecodeJpeg,
    captured_jpeg,
    looks_the_same,
    shows_colour,
)
from spot_webcam.adapters.camera_interface.raw_images import raw_picture
from spot_webcam.domain.errors import (
    CameraError,
    CameraMisconfigured,
    CorruptFrame,
    EncodingError,
)
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture, inspect_jpeg

_LOG = logging.getLogger(__name__)
_Image = image_pb2.Image
_UNKNOWN = _Image.PIXEL_FORMAT_UNKNOWN

# Requested from cameras that only write JPEG. A request without a quality asks for 75, and the
# encoding policy passes JPEGs through up to 10 above: so the picture is encoded once.
JPEG_ONLY_QUALITY = 85
_MAX_QUALITY = 100
# Tried in this order, after the camera's own choice.
_COLOUR_FORMATS = (_Image.PIXEL_FORMAT_RGB_U8, _Image.PIXEL_FORMAT_RGBA_U8)
_OTHER_FORMATS = (
    _Image.PIXEL_FORMAT_GREYSCALE_U8,
    _Image.PIXEL_FORMAT_GREYSCALE_U16,
    _Image.PIXEL_FORMAT_DEPTH_U16,
)


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """The request for every frame. If `as_captured`, the captured JPEG is used without decoding.

    Pixels without a named format have the `presumed_format`, if known.
    """

    request: DecodeRequest
    as_captured: bool = False
    presumed_format: int = _UNKNOWN

    @property
    def is_jpeg(self) -> bool:
        """Whether the camera's own JPEGs are used."""
        return bool(self.request.image_format == _Image.FORMAT_JPEG)

    def picture(self, calls: InterfaceCalls, captured: CapturedData) -> Picture | JpegPicture:
        """Return the picture of a capture.

        Raises:
            CorruptFrame: the picture is damaged, or missing.
        """
        if self.as_captured:
            jpeg = captured_jpeg(captured.data)
            if jpeg is None:
                raise CorruptFrame("blocking_capture returned no JPEG, as it did before")
            return jpeg
        image = calls.decode(captured, self.request)
        if self.is_jpeg:
            return inspect_jpeg(image.data)
        return raw_picture(image, captured.data, self.presumed_format)


_AS_CAPTURED = OutputFormat(
    DecodeRequest(_Image.FORMAT_JPEG, quality=_MAX_QUALITY), as_captured=True
)
_JPEG = OutputFormat(DecodeRequest(_Image.FORMAT_JPEG, quality=JPEG_ONLY_QUALITY))


def negotiate_format(
    calls: InterfaceCalls,
    captured: CapturedData,
    description: CameraDescription,
    decode_jpeg: DecodeJpeg,
) -> OutputFormat:
    """Decode one capture in several formats, and return the best.

    In this order: depth for a source of depth; the captured JPEG, if the JPEG that the camera
    writes shows the same; RAW in the pixel format that the camera chooses, or in colour where it
    chooses 8-bit grey and has colour; the JPEG that the camera writes. That JPEG precedes RAW
    which people do not look at (16-bit grey, or grey where the JPEG has colours), unless the
    source lists RAW only. Of pixel formats only those that the source lists are requested by
    name, if it lists any.

    Raises:
        CameraMisconfigured: no format can be read.
    """
    if description.is_depth:
        return _depth_format(calls, captured)
    if _writes_what_it_captured(calls, captured, decode_jpeg):
        return _AS_CAPTURED
    raw, layout, raw_error = _best_raw(calls, captured, description.pixel_formats)
    is_grey = layout in (Layout.GREY8, Layout.GREY16)
    if raw is not None and (description.is_raw_only or not is_grey):
        return raw
    jpeg, jpeg_error = _try(_JPEG, calls, captured)
    if raw is None and jpeg is None:
        errors = dict.fromkeys((raw_error, jpeg_error))
        raise CameraMisconfigured(
            f"image_decode writes neither RAW nor JPEG that can be read: {'; '.join(errors)}"
        )
    if raw is None:
        return _JPEG
    if isinstance(jpeg, JpegPicture) and _is_for_people(jpeg, layout, decode_jpeg):
        _LOG.info(
            "the camera's JPEG is served, not its %s RAW: for that, let its VisualImageSource"
            " list FORMAT_RAW alone",
            "" if layout is None else layout.label,
        )
        return _JPEG
    return raw


def _try(
    candidate: OutputFormat, calls: InterfaceCalls, captured: CapturedData
) -> tuple[Picture | JpegPicture | None, str]:
    """Return the picture in that format, or the reason why there is none."""
    try:
        return candidate.picture(calls, captured), ""
    except CameraError as error:
        return None, str(error)


def _depth_format(calls: InterfaceCalls, captured: CapturedData) -> OutputFormat:
    number = _Image.PIXEL_FORMAT_DEPTH_U16
    depth = OutputFormat(DecodeRequest(_Image.FORMAT_RAW, number), presumed_format=number)
    picture, reason = _try(depth, calls, captured)
    if picture is None or picture.layout is not Layout.DEPTH16:
        reason = reason or "it wrote another pixel format"
        raise CameraMisconfigured(f"image_decode of a depth source writes no depth: {reason}")
    return depth


def _writes_what_it_captured(
    calls: InterfaceCalls, captured: CapturedData, decode_jpeg: DecodeJpeg
) -> bool:
    try:
        jpeg = captured_jpeg(captured.data)
        if jpeg is None:
            return False
        written = inspect_jpeg(calls.decode(captured, _AS_CAPTURED.request).data)
    except CameraError:
        return False
    return looks_the_same(jpeg, written, decode_jpeg)


def _best_raw(
    calls: InterfaceCalls, captured: CapturedData, listed: tuple[int, ...]
) -> tuple[OutputFormat | None, Layout | None, str]:
    """Return the first RAW format that can be read and its layout, or why there is none.

    Colour precedes 8-bit grey.
    """
    grey: OutputFormat | None = None
    first_reason = ""
    for number in (_UNKNOWN, *_COLOUR_FORMATS, *_OTHER_FORMATS):
        if grey is not None and number not in _COLOUR_FORMATS:
            break
        if number != _UNKNOWN and listed and number not in listed:
            continue
        presumed = number if number in listed else _UNKNOWN
        candidate = OutputFormat(DecodeRequest(_Image.FORMAT_RAW, number), presumed_format=presumed)
        picture, reason = _try(candidate, calls, captured)
        if picture is None:
            first_reason = first_reason or reason
        elif picture.layout is Layout.GREY8:
            grey = grey or candidate
        else:
            return candidate, picture.layout, ""
    return grey, None if grey is None else Layout.GREY8, first_reason


def _is_for_people(jpeg: JpegPicture, raw: Layout | None, decode_jpeg: DecodeJpeg) -> bool:
    """Report whether viewers prefer a camera's JPEG to its grey RAW."""
    try:
        return shows_colour(jpeg, decode_jpeg) or raw is Layout.GREY16
    except (CorruptFrame, EncodingError):
        return False
