"""Which colour is first in a camera's RAW: the SDK's web cam example gives blue as red."""

import logging
from collections.abc import Callable

import numpy as np
from bosdyn.api import image_pb2

from spot_webcam.adapters.camera_interface.calls import InterfaceCalls, Wish
from spot_webcam.adapters.camera_interface.captured import Captured
from spot_webcam.adapters.camera_interface.pictures import jpeg_picture
from spot_webcam.domain.errors import CameraError, EncodingError
from spot_webcam.domain.media.image import Layout, Picture, Pixels
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)

_AS_BLUE_FIRST = {Layout.RGB8: Layout.BGR8, Layout.RGBA8: Layout.BGRA8}
# Of 255: how much red and blue have to differ on average for the picture to tell anything.
_MIN_COLOUR = 3.0
# How much nearer one order has to be than the other.
_CLEARLY = 2.0
_LOOK_EVERY_PX = 4
_QUALITY = 95
_AGAIN_NS = NANOSECONDS


class ColourOrder:
    """Compares a camera's RAW with its JPEG of the same capture until one shows colour.

    The JPEG is believed, being what people have looked at.
    """

    def __init__(self, decode_jpeg: Callable[[JpegPicture], Picture]) -> None:
        self._decode_jpeg = decode_jpeg
        self._blue_first: bool | None = None
        self._next_ns = 0

    def put_right(
        self, picture: Picture, calls: InterfaceCalls, captured: Captured, now_ns: int
    ) -> Picture:
        """Return the picture with the layout that it really has.

        `now_ns` is monotonic: a camera that shows no colour is not looked at each time.
        """
        if picture.layout not in _AS_BLUE_FIRST:
            return picture
        if self._blue_first is None and now_ns >= self._next_ns:
            self._next_ns = now_ns + _AGAIN_NS
            self._blue_first = self._is_blue_first(picture, calls, captured)
            if self._blue_first:
                _LOG.warning(
                    "the camera's RAW has blue first, its JPEG of the same picture red: served"
                    " as the JPEG shows it"
                )
        if not self._blue_first:
            return picture
        return Picture(picture.pixels, _AS_BLUE_FIRST[picture.layout])

    def _is_blue_first(
        self, picture: Picture, calls: InterfaceCalls, captured: Captured
    ) -> bool | None:
        """Return `None` where it cannot be told."""
        try:
            wish = Wish(image_pb2.Image.FORMAT_JPEG, quality=_QUALITY)
            shown = self._decode_jpeg(jpeg_picture(calls.decode(captured, wish)))
        except (CameraError, EncodingError):
            return None
        if shown.layout is not Layout.BGR8 or (shown.rows, shown.cols) != (
            picture.rows,
            picture.cols,
        ):
            return None
        raw, jpeg = _colour(picture.pixels), -_colour(shown.pixels)
        if np.abs(jpeg).mean() < _MIN_COLOUR:
            return None
        as_told, reversed_ = np.abs(raw - jpeg).mean(), np.abs(raw + jpeg).mean()
        if max(as_told, reversed_) < _CLEARLY * min(as_told, reversed_):
            return None
        return bool(reversed_ < as_told)


def _colour(pixels: Pixels) -> "np.ndarray[tuple[int, ...], np.dtype[np.int16]]":
    """Return the first channel less the third, of some pixels."""
    some = pixels[::_LOOK_EVERY_PX, ::_LOOK_EVERY_PX]
    return some[..., 0].astype(np.int16) - some[..., 2].astype(np.int16)
