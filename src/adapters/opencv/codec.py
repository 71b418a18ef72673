"""Image codec on OpenCV, and on libjpeg-turbo directly, which reports damaged JPEGs."""

from dataclasses import replace

import cv2
import numpy as np
import simplejpeg

from spot_webcam.adapters.opencv.stray_bytes import refuse_damage, without_stray_bytes
from spot_webcam.domain.errors import CorruptFrame, EncodingError
from spot_webcam.domain.media.image import THUMBNAIL_SHRINK, Layout, Picture
from spot_webcam.domain.media.jpeg import ODDITY_SEPARATOR, JpegPicture

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

# Stray bytes before restart markers, then before the end; of stuffed ones half are found at a time.
MAX_MENDINGS = 8
_REDUCED = {
    Layout.GREY8: {
        1: cv2.IMREAD_GRAYSCALE,
        2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
        4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
        8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
    },
    Layout.BGR8: {
        1: cv2.IMREAD_COLOR,
        2: cv2.IMREAD_REDUCED_COLOR_2,
        4: cv2.IMREAD_REDUCED_COLOR_4,
        8: cv2.IMREAD_REDUCED_COLOR_8,
    },
}


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
            if not jpeg.is_portable:
                return _decoded_by_opencv(jpeg, jpeg.layout, shrink)
            size = (jpeg.cols, jpeg.rows)
            return _decoded(jpeg.data, size, jpeg.layout, shrink, strict=False)
        except ValueError as error:
            raise EncodingError(
                f"the camera's JPEG cannot be decoded: {error}; look at the cable"
            ) from error

    def examine(
        self, jpeg: JpegPicture, shrink: int = THUMBNAIL_SHRINK
    ) -> tuple[JpegPicture, Picture]:
        """Decode with libjpeg-turbo: what it decodes without a warning, once mended, is whole.

        OpenCV does not report its warnings of forms that are not portable. Of a thumbnail, colour
        is not made: at 1080p that takes a fifth of the time.
        """
        if not jpeg.is_portable:
            try:
                refuse_damage(jpeg.data)
                return jpeg, _decoded_by_opencv(jpeg, jpeg.layout, shrink)
            except ValueError as error:
                raise CorruptFrame(f"the JPEG is damaged: {error}") from error
        size = (jpeg.cols, jpeg.rows)
        layout = Layout.GREY8 if shrink == THUMBNAIL_SHRINK else jpeg.layout
        data, oddities = jpeg.data, [jpeg.oddities] if jpeg.oddities else []
        for _ in range(MAX_MENDINGS):
            picture, warning = _examined(data, size, layout, shrink)
            mended, oddity = without_stray_bytes(data, size, warning, _first_warning)
            if picture is not None and mended is data:
                if data is not jpeg.data:
                    named = ODDITY_SEPARATOR.join(dict.fromkeys(oddities))
                    jpeg = replace(jpeg, data=data, oddities=named)
                return jpeg, picture
            data = mended
            oddities.append(oddity)
        raise CorruptFrame(f"the JPEG is damaged: {warning}")


def _examined(
    data: bytes, size: tuple[int, int], layout: Layout, shrink: int
) -> tuple[Picture | None, str]:
    """Return the decoded picture, or else the decoder's first warning."""
    try:
        return _decoded(data, size, layout, shrink), ""
    except ValueError as error:
        return None, str(error)


def _first_warning(data: bytes, size: tuple[int, int]) -> str:
    return _examined(data, size, Layout.GREY8, THUMBNAIL_SHRINK)[1]


def _decoded(
    data: bytes, size: tuple[int, int], layout: Layout, shrink: int, *, strict: bool = True
) -> Picture:
    """Decode a JPEG of so many columns and rows; raises `ValueError`."""
    pixels = simplejpeg.decode_jpeg(
        data,
        "GRAY" if layout is Layout.GREY8 else "BGR",
        # The smallest offered size that is at least this.
        min_width=-(-size[0] // shrink),
        min_height=-(-size[1] // shrink),
        min_factor=1,
        strict=strict,
    )
    return Picture(pixels[:, :, 0] if layout is Layout.GREY8 else pixels, layout)


def _decoded_by_opencv(jpeg: JpegPicture, layout: Layout, shrink: int) -> Picture:
    """Decode what simplejpeg refuses to; raises `ValueError`."""
    flags = _REDUCED[layout][shrink] | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(jpeg.data, np.uint8), flags)
    if pixels is None:
        raise ValueError("OpenCV cannot decode it")
    return Picture(np.asarray(pixels, np.uint8), layout)


def _why(error: cv2.error) -> str:
    return str(error.err or error).strip()
