"""Encoding policy: what a request gets from a source, decided without doing the work."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.media.image import ImageFormat, JpegPicture, PixelFormat
from spot_webcam.domain.requests.status import Cause
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.sources.parameters import Given, parameter_values

# Of ImageRequest.quality_percent and resize_ratio, as image.proto documents them.
DEFAULT_QUALITY = 75
MIN_RATIO = 0.01
# How far the quality of a camera's own JPEG may be above the requested one.
PASSING_QUALITY_MARGIN = 10

_PIXEL_BYTES = {
    PixelFormat.GREYSCALE_U8: 1,
    PixelFormat.RGB_U8: 3,
    PixelFormat.RGBA_U8: 4,
    PixelFormat.DEPTH_U16: 2,
    PixelFormat.GREYSCALE_U16: 2,
}
ONE_CHANNEL = (PixelFormat.GREYSCALE_U8, PixelFormat.GREYSCALE_U16, PixelFormat.DEPTH_U16)


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """A request for one picture. Formats are plain numbers: a client may send any.

    `encoded_params` are the `custom_params` as the client sent them: a serialized `DictParam`.
    """

    source_name: str
    image_format: int = ImageFormat.UNKNOWN
    pixel_format: int = PixelFormat.UNKNOWN
    fallback_formats: tuple[int, ...] = ()
    quality_percent: float = 0.0
    resize_ratio: float = 0.0
    custom_params: Mapping[str, Given] = field(default_factory=dict, hash=False)
    encoded_params: bytes = b""


@dataclass(frozen=True, slots=True)
class EncodingPlan:
    """Identifies one encoding of a frame.

    `quality` is 0 unless a JPEG is to be encoded: a camera's own JPEG that is passed through has
    the quality that it has.
    """

    image_format: ImageFormat
    pixel_format: PixelFormat
    cols: int
    rows: int
    quality: int = 0
    pass_through: bool = False

    @property
    def max_bytes(self) -> int:
        """Upper bound of the encoding's size; for a JPEG, in practice."""
        pixels = self.cols * self.rows
        pixel_bytes = _PIXEL_BYTES[self.pixel_format]
        return pixels * (pixel_bytes + (self.image_format is ImageFormat.RLE))


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request cannot be served, and what to ask for instead."""

    cause: Cause
    message: str


def plan_encoding(request: ImageRequest, source: ImageSource) -> EncodingPlan | Refusal:
    """Decide what a request gets from a source."""
    if request.custom_params and not source.parameter_spec:
        try:
            parameter_values(request.custom_params, source.parameters)
        except CameraMisconfigured as error:
            return Refusal(Cause.CUSTOM_PARAMS, f"{source.name}: {error}")
    ratio = _ratio(request.resize_ratio)
    if ratio is None:
        return Refusal(
            Cause.RESIZE_RATIO, f"resize_ratio {request.resize_ratio:g} is not within 0 to 1"
        )
    image_format = _image_format(request.image_format, source)
    if image_format is None:
        return _format_refusal(request.image_format, source)
    pixel_format = _pixel_format(request, source, image_format)
    if pixel_format is None:
        names = ", ".join(known.name for known in source.pixel_formats)
        return Refusal(
            Cause.PIXEL_FORMAT,
            f"{source.name} has no pixel format {_name(PixelFormat, request.pixel_format)};"
            f" it has {names}",
        )
    if image_format is ImageFormat.RLE and pixel_format not in ONE_CHANNEL:
        return Refusal(
            Cause.IMAGE_FORMAT, f"RLE is for one-channel pictures, not for {pixel_format.name}"
        )
    return EncodingPlan(
        image_format,
        pixel_format,
        cols=_scaled(source.cols, ratio),
        rows=_scaled(source.rows, ratio),
        quality=_quality(request, source) if image_format is ImageFormat.JPEG else 0,
    )


def passed_through(
    plan: EncodingPlan, request: ImageRequest, jpeg: JpegPicture, source: ImageSource
) -> EncodingPlan:
    """Return the plan that passes the camera's own JPEG through if it is what was asked for.

    Its quality may be a little above the requested one: encoding again costs processor time and
    picture quality, and saves the radio link little. What many decoders refuse is not passed on.
    """
    own = PixelFormat.GREYSCALE_U8 if jpeg.components == 1 else PixelFormat.RGB_U8
    same = plan.image_format is ImageFormat.JPEG and plan.pixel_format is own
    full_size = (plan.cols, plan.rows) == (jpeg.cols, jpeg.rows)
    portable = jpeg.has_huffman_tables and jpeg.is_portable
    changed = source.transcode or source.transform is not None
    if changed or not (same and full_size and portable) or jpeg.quality is None:
        return plan
    unset = not (request.quality_percent > 0.0 or source.default_quality)
    if unset or jpeg.quality <= plan.quality + PASSING_QUALITY_MARGIN:
        return replace(plan, quality=0, pass_through=True)
    return plan


def _image_format(wanted: int, source: ImageSource) -> ImageFormat | None:
    if wanted == ImageFormat.UNKNOWN:
        return source.image_formats[0]
    served = {*source.image_formats, ImageFormat.RLE}
    return next((image_format for image_format in served if image_format == wanted), None)


def _format_refusal(wanted: int, source: ImageSource) -> Refusal:
    known = ", ".join(image_format.name for image_format in source.image_formats)
    return Refusal(
        Cause.IMAGE_FORMAT,
        f"{source.name} has no image format {_name(ImageFormat, wanted)}; it has {known}",
    )


def _pixel_format(
    request: ImageRequest, source: ImageSource, image_format: ImageFormat
) -> PixelFormat | None:
    if request.pixel_format == PixelFormat.UNKNOWN:
        if image_format is ImageFormat.RLE:
            return next(known for known in source.pixel_formats if known in ONE_CHANNEL)
        return source.pixel_formats[0]
    for wanted in (request.pixel_format, *request.fallback_formats):
        for known in source.pixel_formats:
            if known == wanted:
                return known
    return None


def _ratio(ratio: float) -> float | None:
    if not 0.0 <= ratio <= 1.0:  # NaN fails too
        return None
    return 1.0 if ratio == 0.0 else max(ratio, MIN_RATIO)


def _scaled(size_px: int, ratio: float) -> int:
    return max(1, math.floor(size_px * ratio + 0.5))


def _quality(request: ImageRequest, source: ImageSource) -> int:
    if not request.quality_percent > 0.0:  # NaN fails too
        return source.default_quality or DEFAULT_QUALITY
    return max(1, min(100, math.floor(min(request.quality_percent, 100.0) + 0.5)))


def _name(formats: type[ImageFormat] | type[PixelFormat], number: int) -> str:
    known = {int(member): member.name for member in formats}
    return known.get(number, f"number {number}")
