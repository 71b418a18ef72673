"""Calls of a camera interface, whichever release of the SDK it was written for."""

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any, TypeAlias

from bosdyn.api import image_pb2, service_customization_pb2

from spot_webcam.adapters.camera_interface.captured import Captured
from spot_webcam.adapters.camera_interface.described import Described
from spot_webcam.adapters.camera_interface.errors import translated
from spot_webcam.adapters.camera_interface.signatures import (
    ImageDecode,
    capture_arguments,
    takes_custom_params,
)
from spot_webcam.adapters.camera_interface.streams import is_stream, read_to_end
from spot_webcam.domain.errors import CameraMisconfigured, CorruptFrame, NoData

_Image = image_pb2.Image
_DictParam: TypeAlias = service_customization_pb2.DictParam


@dataclass(frozen=True, slots=True)
class Wish:
    """What `image_decode` is asked for."""

    image_format: int
    pixel_format: int = _Image.PIXEL_FORMAT_UNKNOWN
    quality: int = 0


class InterfaceCalls:
    """A camera interface behind one signature. Raises `CameraError` and nothing else.

    Until it is `settled`, one capture can be decoded again and again.
    """

    def __init__(self, described: Described) -> None:
        self._described = described
        self._interface: Any = described.interface
        self._image_decode = ImageDecode(self._interface.image_decode)
        self._copies = True
        self._changes_data = False
        self.takes_parameters = takes_custom_params(self._interface.blocking_capture)

    def capture(self, params: _DictParam | None = None) -> Captured:
        """Take a picture; blocks as long as the camera does."""
        with translated("blocking_capture"):
            capture = self._interface.blocking_capture
            outcome = capture(**capture_arguments(capture, params, {}))
        if not isinstance(outcome, (tuple, list)) or len(outcome) != 2:
            raise CameraMisconfigured(
                f"blocking_capture returned {type(outcome).__name__}: it must return the image"
                " and its time in seconds"
            )
        data, seconds = outcome
        if data is None or seconds is None:
            raise NoData("blocking_capture returned no picture")
        device_timestamp_ns = _nanoseconds(seconds)
        if not is_stream(data):
            return Captured(data, device_timestamp_ns, params)
        with translated("the end of blocking_capture's stream"):
            return Captured(read_to_end(data), device_timestamp_ns, params, stream=data)

    def decode(self, captured: Captured, wish: Wish) -> image_pb2.Image:
        """Let the camera write a picture as it is wished; what it writes is not looked at."""
        # As the SDK's servicer prepares it: many cameras fill in no more than the data.
        known = self._described
        image = _Image(rows=known.rows, cols=known.cols, format=wish.image_format)
        request = image_pb2.ImageRequest(
            image_source_name=known.name,
            image_format=wish.image_format,
            pixel_format=wish.pixel_format,
            quality_percent=wish.quality,
            custom_params=captured.params,
        )
        given: list[object] = []

        def data() -> object:
            given.append(captured.for_decoding(copied=self._copies))
            return given[-1]

        with translated("image_decode", CorruptFrame):
            self._image_decode(data, image, request)
        if self._copies and not self._changes_data:
            self._changes_data = any(map(captured.is_changed, given))
        return image

    def settled(self) -> None:
        """From now on copy for decodings only if one was seen to change what it was given."""
        self._copies = self._changes_data


def _nanoseconds(seconds: object) -> int | None:
    if not isinstance(seconds, Real) or not math.isfinite(seconds):
        return None
    return round(float(seconds) * 1e9)
