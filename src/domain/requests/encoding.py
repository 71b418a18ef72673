"""What a request gets: the policy, apart from the work."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.media.image import ImageFormat, PixelFormat
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.requests.status import Cause
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.sources.parameters import Given, parameter_values

# Of ImageRequest.quality_percent and resize_ratio, as image.proto has them.
DEFAULT_QUALITY = 75
MIN_RATIO = 0.01
# How far the quality of a camera's own JPEG may lie above the one asked for.
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
    """One picture asked for. Formats are plain numbers: a client may send any.

    `encoded_params` are the `custom_params` as the client sent them: a serialized `DictParam`.
    """

    source_name: str
    image_format: int = ImageFormat.UNKNOWN
    pixel_format: int = PixelFormat.UNKNOWN
    fallback_formats: tuple[int, ...] = ()
    quality_percent: float = 0.0
    resize_ratio: float = 0.0
    custom_params: Mapping[str, Given] = field(default_factory=dict)
    encoded_params: bytes = b""
    # Of all but the parameters' values: it is looked up for every call, and made once.
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the hash."""
        wanted = (self.source_name, self.image_format, self.pixel_format, self.fallback_formats)
        how = (self.quality_percent, self.resize_ratio, self.encoded_params)
        object.__setattr__(self, "_hash", hash(wanted + how))

    def __hash__(self) -> int:
        """Return a hash that equal requests share."""
        return self._hash


@dataclass(frozen=True, slots=True)
class EncodingPlan:
    """Everything that tells one encoding of a frame from another.

    `quality` is 0 but for a JPEG that is to be encoded; the camera's own bytes, passed through,
    have the quality that they have.
    """

    image_format: ImageFormat
    pixel_format: PixelFormat
    cols: int
    rows: int
    quality: int = 0
    pass_through: bool = False

    @property
    def max_bytes(self) -> int:
        """How large the encoding can become; of a JPEG, how large it is at worst in practice."""
        pixels = self.cols * self.rows
        pixel_bytes = _PIXEL_BYTES[self.pixel_format]
        return pixels * (pixel_bytes + (self.image_format is ImageFormat.RLE))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that cannot be served, and what to ask for instead."""

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
        known = ", ".join(one.name for one in source.pixel_formats)
        return Refusal(
            Cause.PIXEL_FORMAT,
            f"{source.name} has no pixel format {_name(PixelFormat, request.pixel_format)};"
            f" it has {known}",
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
        quality=_quality(request.quality_percent) if image_format is ImageFormat.JPEG else 0,
    )


def passed_through(plan: EncodingPlan, request: ImageRequest, jpeg: JpegPicture) -> EncodingPlan:
    """Return the plan that hands out the camera's own bytes, if they are what was asked for.

    Their quality may lie above the one asked for, by a little: to encode anew costs the host
    time and the picture quality, and saves the radio link nothing worth it. A JPEG without
    Huffman tables is none to most decoders.
    """
    own = PixelFormat.GREYSCALE_U8 if jpeg.components == 1 else PixelFormat.RGB_U8
    same = plan.image_format is ImageFormat.JPEG and plan.pixel_format is own
    full_size = (plan.cols, plan.rows) == (jpeg.cols, jpeg.rows)
    if not (same and full_size and jpeg.has_huffman_tables) or jpeg.quality is None:
        return plan
    unset = not request.quality_percent > 0.0
    if unset or jpeg.quality <= plan.quality + PASSING_QUALITY_MARGIN:
        return replace(plan, quality=0, pass_through=True)
    return plan


def _image_format(wanted: int, source: ImageSource) -> ImageFormat | None:
    if wanted == ImageFormat.UNKNOWN:
        return source.image_formats[0]
    served = {*source.image_formats, ImageFormat.RLE}
    return next((one for one in served if one == wanted), None)


def _format_refusal(wanted: int, source: ImageSource) -> Refusal:
    known = ", ".join(one.name for one in source.image_formats)
    return Refusal(
        Cause.IMAGE_FORMAT,
        f"{source.name} has no image format {_name(ImageFormat, wanted)}; it has {known}",
    )


def _pixel_format(
    request: ImageRequest, source: ImageSource, image_format: ImageFormat
) -> PixelFormat | None:
    if request.pixel_format == PixelFormat.UNKNOWN:
        if image_format is ImageFormat.RLE:
            return next(one for one in source.pixel_formats if one in ONE_CHANNEL)
        return source.pixel_formats[0]
    for wanted in (request.pixel_format, *request.fallback_formats):
        for one in source.pixel_formats:
            if one == wanted:
                return one
    return None


def _ratio(ratio: float) -> float | None:
    if not 0.0 <= ratio <= 1.0:  # NaN fails too
        return None
    return 1.0 if ratio == 0.0 else max(ratio, MIN_RATIO)


def _scaled(size_px: int, ratio: float) -> int:
    return max(1, math.floor(size_px * ratio + 0.5))


def _quality(percent: float) -> int:
    if not percent > 0.0:  # NaN fails too
        return DEFAULT_QUALITY
    return max(1, min(100, math.floor(min(percent, 100.0) + 0.5)))


def _name(formats: type[ImageFormat] | type[PixelFormat], number: int) -> str:
    known = {int(one): one.name for one in formats}
    return known.get(number, f"number {number}")
