"""Image codec on OpenCV, and on libjpeg-turbo directly, which reports damaged JPEGs."""

import re

import cv2
import numpy as np
import simplejpeg

from spot_webcam.domain.errors import CorruptFrame, EncodingError
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture

# Conversions for OpenCV's JPEG encoder, which takes grey or BGR.
_FOR_JPEG = {
    Layout.RGB8: cv2.COLOR_RGB2BGR,
    Layout.RGBA8: cv2.COLOR_RGBA2BGR,
    Layout.BGRA8: cv2.COLOR_BGRA2BGR,
}
_REORDER = {
    (Layout.BGR8, Layout.RGB8): cv2.COLOR_BGR2RGB,
    (Layout.RGBA8, Layout.RGB8): cv2.COLOR_RGBA2RGB,
    (Layout.BGRA8, Layout.RGB8): cv2.COLOR_BGRA2RGB,
    (Layout.BGRA8, Layout.RGBA8): cv2.COLOR_BGRA2RGBA,
}


# Webcams of many makes write a few bytes between the data and the end marker: harmless.
_HARMLESS = re.compile(r"data: [1-8] extraneous bytes before marker 0xd9")
# Scale of a thumbnail: its pixels are computed from the DC coefficients alone.
_EIGHTH = 8


class OpenCvCodec:
    """An `ImageCodec`. Its constructor turns off OpenCV's thread pool in the whole process.

    Requests run in parallel already. The pool splits one picture among threads that spin while
    they wait: with it, eight clients of 1080p JPEG on two processors got 8 to 10 % fewer pictures.
    """

    def __init__(self) -> None:
        cv2.setNumThreads(1)

    def resize(self, picture: Picture, cols: int, rows: int) -> Picture:
        """Scale by area; scale depth by the nearest pixel, as a mean of depths is no depth."""
        nearest = picture.layout is Layout.DEPTH16
        try:
            pixels = cv2.resize(
                picture.pixels,
                (cols, rows),
                interpolation=cv2.INTER_NEAREST if nearest else cv2.INTER_AREA,
            )
        except cv2.error as error:
            raise EncodingError(f"cannot resize to {cols}x{rows}: {_why(error)}") from error
        return Picture(pixels, picture.layout)

    def reorder(self, picture: Picture, layout: Layout) -> Picture:
        """Reorder colour channels."""
        conversion = _REORDER.get((picture.layout, layout))
        if conversion is None:
            raise EncodingError(f"cannot turn {picture.layout.label} into {layout.label}")
        return Picture(cv2.cvtColor(picture.pixels, conversion), layout)

    def encode_jpeg(self, picture: Picture, quality: int) -> bytes:
        """Encode with the JPEG library inside OpenCV: baseline, 4:2:0 for colour."""
        pixels = picture.pixels
        if pixels.dtype != np.uint8:
            raise EncodingError(f"JPEG holds 8 bits per sample, not {picture.layout.label}")
        try:
            conversion = _FOR_JPEG.get(picture.layout)
            if conversion is not None:
                pixels = cv2.cvtColor(pixels, conversion)
            done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        except cv2.error as error:
            raise EncodingError(f"cannot encode a JPEG: {_why(error)}") from error
        if not done:
            raise EncodingError(f"cannot encode {picture.cols}x{picture.rows} as JPEG")
        return bytes(data)

    def decode_jpeg(self, jpeg: JpegPicture, shrink: int = 1) -> Picture:
        """Decode with libjpeg-turbo, which tolerates much damage."""
        try:
            pixels = _decoded(jpeg, jpeg.layout, shrink, strict=False)
        except ValueError as error:
            raise EncodingError(
                f"the camera's JPEG cannot be decoded: {error}; look at the cable"
            ) from error
        return pixels

    def thumbnail(self, jpeg: JpegPicture) -> Picture:
        """Decode with libjpeg-turbo; every warning but one indicates damage."""
        try:
            return _decoded(jpeg, Layout.GREY8, _EIGHTH, strict=True)
        except ValueError as error:
            if not _HARMLESS.search(str(error)):
                raise CorruptFrame(f"the JPEG is damaged: {error}") from error
        return _decoded(jpeg, Layout.GREY8, _EIGHTH, strict=False)


def _decoded(jpeg: JpegPicture, layout: Layout, shrink: int, *, strict: bool) -> Picture:
    pixels = simplejpeg.decode_jpeg(
        jpeg.data,
        "GRAY" if layout is Layout.GREY8 else "BGR",
        # The smallest offered size that is at least this.
        min_width=-(-jpeg.cols // shrink),
        min_height=-(-jpeg.rows // shrink),
        min_factor=1,
        strict=strict,
    )
    return Picture(pixels[:, :, 0] if layout is Layout.GREY8 else pixels, layout)


def _why(error: cv2.error) -> str:
    return str(error.err or error).strip()
