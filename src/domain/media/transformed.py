"""Pictures of a camera whose pixels are transformed, wherever they are decoded."""

from dataclasses import dataclass, field, replace

from spot_webcam.domain.media.image import (
    THUMBNAIL_SHRINK,
    ImageCodec,
    JpegPicture,
    Picture,
)
from spot_webcam.domain.media.transform import Transform


@dataclass(frozen=True, slots=True)
class TransformedJpeg(JpegPicture):
    """A JPEG of the camera, with the size that its pixels have once they are transformed.

    It has no `quality`: its bytes are never what is served.
    """

    own: JpegPicture = field(kw_only=True)
    transform: Transform = field(kw_only=True)


def transformed(picture: Picture | JpegPicture, transform: Transform) -> Picture | JpegPicture:
    """Return what is delivered of a camera's picture; pixels are transformed at once."""
    if not transform:
        return picture
    if isinstance(picture, Picture):
        return transform.apply(picture)
    cols, rows = transform.size(picture.cols, picture.rows)
    return TransformedJpeg(
        picture.data,
        cols,
        rows,
        picture.components,
        quality=None,
        has_huffman_tables=picture.has_huffman_tables,
        is_portable=picture.is_portable,
        oddities=picture.oddities,
        own=picture,
        transform=transform,
    )


class TransformingCodec:
    """An `ImageCodec` that transforms what it decodes of a `TransformedJpeg`."""

    def __init__(self, codec: ImageCodec) -> None:
        """`codec` does the work."""
        self._codec = codec
        self.reorder = codec.reorder
        self.resize = codec.resize
        self.encode_jpeg = codec.encode_jpeg

    def decode_jpeg(self, jpeg: JpegPicture, shrink: int = 1) -> Picture:
        """Decode, and transform."""
        if not isinstance(jpeg, TransformedJpeg):
            return self._codec.decode_jpeg(jpeg, shrink)
        return self._delivered(jpeg, self._codec.decode_jpeg(jpeg.own, shrink), shrink)

    def examine(
        self, jpeg: JpegPicture, shrink: int = THUMBNAIL_SHRINK
    ) -> tuple[JpegPicture, Picture]:
        """Examine the camera's own JPEG; return it, and transformed pixels."""
        if not isinstance(jpeg, TransformedJpeg):
            return self._codec.examine(jpeg, shrink)
        own, pixels = self._codec.examine(jpeg.own, shrink)
        if own is not jpeg.own:  # mended
            jpeg = replace(jpeg, data=own.data, oddities=own.oddities, own=own)
        return jpeg, self._delivered(jpeg, pixels, shrink)

    def _delivered(self, jpeg: TransformedJpeg, pixels: Picture, shrink: int) -> Picture:
        made = jpeg.transform.apply(pixels)
        # A crop of reduced pixels may be rounded to another size than the reduced crop.
        cols, rows = -(-jpeg.cols // shrink), -(-jpeg.rows // shrink)
        is_exact = (made.cols, made.rows) == (cols, rows)
        return made if is_exact else self._codec.resize(made, cols, rows)
