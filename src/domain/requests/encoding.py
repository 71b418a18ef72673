"""Encoding policy: what a request gets from a source, decided without doing the work."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.frames.frame_store import Frame
from spot_webcam.domain.media.image import ImageFormat, JpegPicture, PixelFormat
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.sources.parameters import Given, parameter_values
from spot_webcam.domain.timing import NANOSECONDS

# Of ImageRequest.quality_percent and resize_ratio, as image.proto documents them.
DEFAULT_QUALITY = 75
MIN_RATIO = 0.01
# Transcoding pays if it leaves at most this part of the bytes. Sizes vary from frame to frame: if
# it has paid, it does so until it leaves more than the second part.
PAYING_PART, STILL_PAYING_PART = 0.75, 0.8
# Who asks for this quality or less wants few bytes.
FRUGAL_QUALITY, FRUGAL_PART = 50, 0.95
# A JPEG that is larger than the last one that was tried by this factor shows something else.
GROWTH = 1.5
# A JPEG of good quality is about this many times smaller than its pixels.
JPEG_COMPRESSION = 8

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
    def is_jpeg(self) -> bool:
        """Whether its size is known only when it is encoded."""
        return self.image_format is ImageFormat.JPEG

    @property
    def size_bytes(self) -> int:
        """Upper bound of the encoding's size, or about that of a JPEG of good quality."""
        pixel_bytes = _PIXEL_BYTES[self.pixel_format] + (self.image_format is ImageFormat.RLE)
        return self.cols * self.rows * pixel_bytes // (JPEG_COMPRESSION if self.is_jpeg else 1)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request cannot be served, and what to ask for instead."""

    status: Status
    message: str


def plan_encoding(request: ImageRequest, source: ImageSource) -> EncodingPlan | Refusal:
    """Decide what a request gets from a source."""
    if request.custom_params and not source.parameter_spec:
        try:
            parameter_values(request.custom_params, source.parameters)
        except CameraMisconfigured as error:
            return Refusal(Status.CUSTOM_PARAMS_ERROR, f"{source.name}: {error}")
    ratio = _ratio(request.resize_ratio)
    if ratio is None:
        reason = f"resize_ratio {request.resize_ratio:g} is not within 0 to 1"
        return Refusal(Status.UNSUPPORTED_RESIZE_RATIO_REQUESTED, reason)
    image_format = _image_format(request.image_format, source)
    if image_format is None:
        names = ", ".join(known.name for known in source.image_formats)
        wanted = _name(ImageFormat, request.image_format)
        reason = f"{source.name} has no image format {wanted}; it has {names}"
        return Refusal(Status.UNSUPPORTED_IMAGE_FORMAT_REQUESTED, reason)
    pixel_format = _pixel_format(request, source, image_format)
    if pixel_format is None:
        names = ", ".join(known.name for known in source.pixel_formats)
        wanted = _name(PixelFormat, request.pixel_format)
        reason = f"{source.name} has no pixel format {wanted}; it has {names}"
        return Refusal(Status.UNSUPPORTED_PIXEL_FORMAT_REQUESTED, reason)
    if image_format is ImageFormat.RLE and pixel_format not in ONE_CHANNEL:
        reason = f"RLE is for one-channel pictures, not for {pixel_format.name}"
        return Refusal(Status.UNSUPPORTED_IMAGE_FORMAT_REQUESTED, reason)
    return EncodingPlan(
        image_format,
        pixel_format,
        cols=_scaled(source.cols, ratio),
        rows=_scaled(source.rows, ratio),
        quality=_quality(request, source) if image_format is ImageFormat.JPEG else 0,
    )


def passed_through(plan: EncodingPlan, jpeg: JpegPicture) -> EncodingPlan:
    """Return the plan that passes the camera's own JPEG through if that is what was planned.

    What many decoders refuse is not passed on.
    """
    own = PixelFormat.GREYSCALE_U8 if jpeg.components == 1 else PixelFormat.RGB_U8
    same = plan.is_jpeg and plan.pixel_format is own
    full_size = (plan.cols, plan.rows) == (jpeg.cols, jpeg.rows)
    portable = jpeg.has_huffman_tables and jpeg.is_portable and jpeg.quality is not None
    return replace(plan, quality=0, pass_through=True) if same and full_size and portable else plan


@dataclass(frozen=True, slots=True)
class _Trial:
    """Whether the last transcode paid, with the size and time of its JPEG."""

    pays: bool
    own_bytes: int
    monotonic_ns: int


class PassThrough:
    """Passes a source's JPEGs through unless transcoding saves a quarter of the bytes (ADR 8).

    What it saves is known from the last transcode between the same two qualities. Thread-safe:
    that is only replaced, at worst by what an older frame has shown.
    """

    def __init__(self, trial_period_s: float, *, transcode: bool = False, quality: int = 0) -> None:
        """Wait `trial_period_s` after a transcode that did not pay; or always `transcode`."""
        self._trial_period_ns = int(trial_period_s * NANOSECONDS)
        self._transcode, self._default_quality = transcode, quality
        # By the JPEG's estimated quality, which follows its quantisation tables, and the plan's.
        self._trials: dict[tuple[int | None, int], _Trial] = {}

    def decide(
        self, plan: EncodingPlan, request: ImageRequest, frame: Frame
    ) -> tuple[EncodingPlan, bool]:
        """Return the plan, or the one that passes the frame's JPEG through.

        And whether to encode that JPEG afterwards as planned, for `record`; once a trial.
        """
        jpeg = frame.picture
        if self._transcode or not isinstance(jpeg, JpegPicture):
            return plan, False
        own = passed_through(plan, jpeg)
        is_set = request.quality_percent > 0.0 or self._default_quality > 0
        if not (own.pass_through and is_set and (jpeg.quality or 0) > plan.quality):
            return own, False
        key, own_bytes = (jpeg.quality, plan.quality), len(jpeg.data)
        last = self._trials.get(key)
        if last is None or last.pays:
            return plan, False
        age_ns = frame.monotonic_ns - last.monotonic_ns
        if age_ns < self._trial_period_ns and own_bytes <= GROWTH * last.own_bytes:
            return own, False
        self._trials[key] = replace(last, own_bytes=own_bytes, monotonic_ns=frame.monotonic_ns)
        return own, True

    def record(self, plan: EncodingPlan, frame: Frame, encoded_bytes: int) -> None:
        """Learn from the size of a frame that was encoded as planned; pixels teach nothing."""
        jpeg = frame.picture
        if isinstance(jpeg, JpegPicture) and passed_through(plan, jpeg).pass_through:
            key, own_bytes = (jpeg.quality, plan.quality), len(jpeg.data)
            last = self._trials.get(key)
            part = STILL_PAYING_PART if last is not None and last.pays else PAYING_PART
            if plan.quality <= FRUGAL_QUALITY:
                part = FRUGAL_PART
            pays = encoded_bytes <= part * own_bytes
            self._trials[key] = _Trial(pays, own_bytes, frame.monotonic_ns)


def _image_format(wanted: int, source: ImageSource) -> ImageFormat | None:
    if wanted == ImageFormat.UNKNOWN:
        return source.image_formats[0]
    served = {*source.image_formats, ImageFormat.RLE}
    return next((image_format for image_format in served if image_format == wanted), None)


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
