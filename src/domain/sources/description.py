"""Image source: its description as clients list it."""

from dataclasses import dataclass, replace
from enum import IntEnum

from spot_webcam.domain.geometry.camera_model import CameraModel
from spot_webcam.domain.media.image import ImageFormat, Layout, PixelFormat
from spot_webcam.domain.sources.controls import Control


class ImageType(IntEnum):
    """Quantity that the pixels measure; numbers as `bosdyn.api.ImageSource.ImageType`."""

    VISUAL = 1
    DEPTH = 2


@dataclass(frozen=True, slots=True)
class _Offer:
    """Formats that a layout can be served in; the first of each is the default."""

    image_formats: tuple[ImageFormat, ...]
    pixel_formats: tuple[PixelFormat, ...]
    image_type: ImageType = ImageType.VISUAL


_VISUAL = (ImageFormat.JPEG, ImageFormat.RAW)
_GREY8 = _Offer(_VISUAL, (PixelFormat.GREYSCALE_U8,))
_COLOUR = _Offer(_VISUAL, (PixelFormat.RGB_U8, PixelFormat.GREYSCALE_U8))
_ALPHA = _Offer(_VISUAL, (PixelFormat.RGBA_U8, PixelFormat.RGB_U8, PixelFormat.GREYSCALE_U8))
# JPEG has 8 bits per sample, therefore 16-bit pixels are served RAW.
_GREY16 = _Offer((ImageFormat.RAW,), (PixelFormat.GREYSCALE_U16,))
_DEPTH = _Offer((ImageFormat.RAW,), (PixelFormat.DEPTH_U16,), ImageType.DEPTH)

_OFFERS = {
    Layout.GREY8: _GREY8,
    Layout.RGB8: _COLOUR,
    Layout.BGR8: _COLOUR,
    Layout.RGBA8: _ALPHA,
    Layout.BGRA8: _ALPHA,
    Layout.GREY16: _GREY16,
    Layout.DEPTH16: _DEPTH,
}

# Depth pixels are millimetres, unless the camera reports another scale:
# https://dev.bostondynamics.com, image.proto, depth_scale.
DEPTH_UNITS_PER_METRE = 1000.0


@dataclass(frozen=True, slots=True)
class ImageSource:
    """One source: each of its image formats is served with each of its pixel formats.

    `parameters` are the controls that requests may set. A camera with a parameter spec of its own
    has a `parameter_spec` instead: a serialized `DictParam.Spec`, otherwise empty.

    `cols` and `rows` are 0 until the camera has reported them. `depth_units_per_metre` applies to
    depth sources only, `default_quality` (0: the service's) to requests for JPEG that name none.
    """

    name: str
    layout: Layout
    cols: int = 0
    rows: int = 0
    camera_model: CameraModel | None = None
    parameters: tuple[Control, ...] = ()
    parameter_spec: bytes = b""
    depth_units_per_metre: float = DEPTH_UNITS_PER_METRE
    transcode: bool = False
    default_quality: int = 0

    def resized(self, cols: int, rows: int) -> "ImageSource":
        """Return the source as clients project by it: with size and model of such a picture."""
        if (model := self.camera_model) is None:
            return self
        return replace(self, cols=cols, rows=rows, camera_model=model.resized(cols, rows))

    @property
    def image_type(self) -> ImageType:
        """Visual or depth."""
        return _OFFERS[self.layout].image_type

    @property
    def image_formats(self) -> tuple[ImageFormat, ...]:
        """The advertised image formats, the default first."""
        return _OFFERS[self.layout].image_formats

    @property
    def pixel_formats(self) -> tuple[PixelFormat, ...]:
        """The advertised pixel formats, the camera's own first."""
        return _OFFERS[self.layout].pixel_formats

    @property
    def depth_scale(self) -> float:
        """Depth units per metre, 0 for visual sources."""
        return self.depth_units_per_metre if self.image_type is ImageType.DEPTH else 0.0
