"""Pictures and encoded images, their formats and memory layouts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

# Divisor of the smallest size that JPEG decoders give: each pixel is the mean of a block of 8x8.
THUMBNAIL_SHRINK = 8

Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


class ImageFormat(IntEnum):
    """Encoding of an image's bytes; numbers as `bosdyn.api.Image.Format`."""

    UNKNOWN = 0
    JPEG = 1
    RAW = 2
    RLE = 3


class PixelFormat(IntEnum):
    """Content of one pixel; numbers as `bosdyn.api.Image.PixelFormat`."""

    UNKNOWN = 0
    GREYSCALE_U8 = 1
    RGB_U8 = 3
    RGBA_U8 = 4
    DEPTH_U16 = 5
    GREYSCALE_U16 = 6


class Layout(Enum):
    """Meaning and order of a pixel's channels in memory: (channels, bits per channel, label)."""

    GREY8 = (1, 8, "grey8")
    RGB8 = (3, 8, "rgb8")
    BGR8 = (3, 8, "bgr8")
    RGBA8 = (4, 8, "rgba8")
    BGRA8 = (4, 8, "bgra8")
    GREY16 = (1, 16, "grey16")
    DEPTH16 = (1, 16, "depth16")

    def __init__(self, channels: int, bits: int, label: str) -> None:
        self.channels = channels
        self.bits = bits
        self.label = label

    @property
    def dtype(self) -> np.dtype[np.uint8] | np.dtype[np.uint16]:
        """The numpy type of one channel, in the host's byte order."""
        return np.dtype(np.uint8) if self.bits == 8 else np.dtype(np.uint16)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Read-only pixels of one exposure.

    `pixels` is `(rows, cols)` for one channel and `(rows, cols, channels)` for more, of
    `layout.dtype`, C-contiguous.

    Raises:
        ValueError: the shape or the type does not match the layout.
    """

    pixels: Pixels
    layout: Layout

    def __post_init__(self) -> None:
        expected = 2 if self.layout.channels == 1 else 3
        shape = self.pixels.shape
        if (
            len(shape) != expected
            or 0 in shape
            or (expected == 3 and shape[2] != self.layout.channels)
            or self.pixels.dtype != self.layout.dtype
        ):
            raise ValueError(f"{self.pixels.dtype}{shape} is not a {self.layout.label} picture")
        pixels = np.ascontiguousarray(self.pixels)
        pixels.flags.writeable = False
        object.__setattr__(self, "pixels", pixels)

    @property
    def rows(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])

    @property
    def cols(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])


@dataclass(frozen=True, slots=True)
class JpegPicture:
    """The JPEG of one exposure, complete according to its markers, not decoded.

    `data` ends with the end marker. `components` is 1 (grey) or 3. `quality`, 1 to 100, is the
    setting of an encoder that uses the standard's tables, `None` if the JPEG contains no table.
    Some cameras leave out the Huffman tables and mean the standard's (`has_huffman_tables`), or
    use a form that few decoders know (`is_portable`). `oddities`, by commas, name what was mended.
    """

    data: bytes = field(repr=False)
    cols: int
    rows: int
    components: int
    quality: int | None
    has_huffman_tables: bool
    is_portable: bool = True
    oddities: str = ""

    @property
    def layout(self) -> Layout:
        """The layout after decoding."""
        return Layout.GREY8 if self.components == 1 else Layout.BGR8


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """Settings of an exposure; `None` if the camera does not report the value.

    `parameters` are the values of the camera's controls by name. `encoded_parameters` are those of
    a camera with a parameter spec of its own, as a serialized `DictParam`.
    """

    exposure_s: float | None = None
    gain_db: float | None = None
    parameters: Mapping[str, int] = field(default_factory=dict)
    encoded_parameters: bytes = b""


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """An image as it is sent to a client; `rows` and `cols` are the size of `data`.

    RAW data is a view of the pixels, which avoids a copy.
    """

    data: bytes | memoryview
    image_format: ImageFormat
    pixel_format: PixelFormat
    cols: int
    rows: int


class ImageCodec(Protocol):
    """Pixel operations of a library. Pure, thread-safe; raises `EncodingError`."""

    def resize(self, picture: Picture, cols: int, rows: int) -> Picture:
        """Scale down, averaging pixels; depth takes the nearest pixel instead."""

    def reorder(self, picture: Picture, layout: Layout) -> Picture:
        """Return 8-bit colour in another layout; alpha is dropped, or added as opaque."""

    def encode_jpeg(self, picture: Picture, quality: int) -> bytes:
        """Encode 8-bit pixels of any layout; grey has one component, alpha is dropped.

        `quality` is 1 to 100.
        """

    def decode_jpeg(self, jpeg: JpegPicture, shrink: int = 1) -> Picture:
        """Decode to the JPEG's layout, without applying an EXIF orientation.

        `shrink` is 1, 2, 4 or 8: the divisor of the size, which is rounded up.
        """

    def examine(
        self, jpeg: JpegPicture, shrink: int = THUMBNAIL_SHRINK
    ) -> tuple[JpegPicture, Picture]:
        """Return the JPEG, mended where decoders warn, and what `decode_jpeg` makes of it.

        The smallest picture, for which `shrink` is `THUMBNAIL_SHRINK`, may be grey.

        Raises:
            CorruptFrame: image data are missing or out of step, even if decoders accept it.
        """
