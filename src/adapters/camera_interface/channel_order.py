"""Correction of RAW pictures whose red and blue are swapped, as in the SDK's web cam example."""

import logging

import numpy as np
from bosdyn.api import image_pb2

from spot_webcam.adapters.camera_interface.calls import DecodeRequest, InterfaceCalls
from spot_webcam.adapters.camera_interface.captured_data import CapturedData
from spot_webcam.adapters.camera_interface.jpegs import MIN_COLOUR, DecodeJpeg, outer_difference
from spot_webcam.domain.errors import CameraError, EncodingError
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.media.jpeg import inspect_jpeg
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)

_BLUE_FIRST = {Layout.RGB8: Layout.BGR8, Layout.RGBA8: Layout.BGRA8}
# The better order must fit this many times better.
_MIN_RATIO = 2.0
_SAMPLE_EVERY_PX = 4
_JPEG = DecodeRequest(image_pb2.Image.FORMAT_JPEG, quality=95)
_RETRY_NS = NANOSECONDS


class ChannelOrder:
    """Compares RAW with the JPEG of the same capture, until a capture shows colours.

    The JPEG is believed: people have looked at it.
    """

    def __init__(self, decode_jpeg: DecodeJpeg) -> None:
        self._decode_jpeg = decode_jpeg
        self._is_blue_first: bool | None = None
        self._next_ns = 0

    def correct_channel_order(
        self, picture: Picture, calls: InterfaceCalls, captured: CapturedData, now_ns: int
    ) -> Picture:
        """Return the picture with its true layout.

        `now_ns` is monotonic: while a camera shows no colours, it is compared once a second.
        """
        if picture.layout not in _BLUE_FIRST:
            return picture
        if self._is_blue_first is None and now_ns >= self._next_ns:
            self._next_ns = now_ns + _RETRY_NS
            self._is_blue_first = self._compare(picture, calls, captured)
            if self._is_blue_first:
                _LOG.warning(
                    "the camera's RAW has blue first, its JPEG of the same picture red: RAW is"
                    " served with the channels of the JPEG"
                )
        if not self._is_blue_first:
            return picture
        return Picture(picture.pixels, _BLUE_FIRST[picture.layout])

    def _compare(
        self, picture: Picture, calls: InterfaceCalls, captured: CapturedData
    ) -> bool | None:
        """Report whether blue is first, `None` if the capture does not show it."""
        try:
            shown = self._decode_jpeg(inspect_jpeg(calls.decode(captured, _JPEG).data))
        except (CameraError, EncodingError):
            return None
        if shown.layout is not Layout.BGR8 or (shown.rows, shown.cols) != (
            picture.rows,
            picture.cols,
        ):
            return None
        step = _SAMPLE_EVERY_PX
        raw = outer_difference(picture.pixels[::step, ::step])
        jpeg = -outer_difference(shown.pixels[::step, ::step])
        if np.abs(jpeg).mean() < MIN_COLOUR:
            return None
        as_named, swapped = np.abs(raw - jpeg).mean(), np.abs(raw + jpeg).mean()
        if max(as_named, swapped) < _MIN_RATIO * min(as_named, swapped):
            return None
        return bool(swapped < as_named)
