"""Calls of a camera interface, whichever release of the SDK it was written for."""

import inspect
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from bosdyn.api import image_pb2, service_customization_pb2

from spot_webcam.adapters.camera_interface.described import Described
from spot_webcam.adapters.camera_interface.errors import translated
from spot_webcam.domain.errors import CameraMisconfigured, CorruptFrame, NoData

_Image = image_pb2.Image
_DictParam: TypeAlias = service_customization_pb2.DictParam


@dataclass(frozen=True, slots=True, eq=False)
class Captured:
    """What `blocking_capture` gave, of any type, with the parameters that it was given.

    `told_ns` is its time in nanoseconds of the wall clock, `None` where that is no number. A
    stream, as of an HTTP answer, was read to its end, and `data` are its bytes.
    """

    data: object
    told_ns: int | None
    params: _DictParam | None
    is_stream: bool = False

    def for_decoding(self) -> object:
        """Return the data as the camera gave them, a stream at its beginning each time."""
        return _Stream(self.data) if self.is_stream else self.data  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Wish:
    """What `image_decode` is asked for."""

    image_format: int
    pixel_format: int = _Image.PIXEL_FORMAT_UNKNOWN
    quality: int = 0


class _Stream(io.BytesIO):
    """Takes any attribute, as HTTP answers do."""


class InterfaceCalls:
    """A camera interface behind one signature. Raises `CameraError` and nothing else."""

    def __init__(self, described: Described) -> None:
        self._rows, self._cols = described.rows, described.cols
        self._interface: Any = described.interface
        self.takes_parameters = _takes_parameters(self._interface.blocking_capture)
        self._takes_request = _takes_request(self._interface.image_decode)

    def capture(self, params: _DictParam | None = None) -> Captured:
        """Take a picture; blocks as long as the camera does."""
        with translated("blocking_capture"):
            if params is not None and self.takes_parameters:
                outcome = self._interface.blocking_capture(custom_params=params)
            else:
                outcome = self._interface.blocking_capture()
        if not isinstance(outcome, (tuple, list)) or len(outcome) != 2:
            raise CameraMisconfigured(
                f"blocking_capture returned {type(outcome).__name__}: it must return the image"
                " and its time in seconds"
            )
        data, seconds = outcome
        if data is None or seconds is None:
            raise NoData("blocking_capture returned no picture")
        is_stream = callable(getattr(data, "read", None))
        if is_stream:
            with translated("the end of blocking_capture's stream"):
                data = data.getvalue() if isinstance(data, io.BytesIO) else bytes(data.read())
        return Captured(data, _nanoseconds(seconds), params, is_stream)

    def decode(self, captured: Captured, wish: Wish) -> image_pb2.Image:
        """Let the camera write a picture as it is wished; what it writes is not looked at."""
        # As the SDK's servicer prepares it: many cameras fill in no more than the data.
        image = _Image(rows=self._rows, cols=self._cols, format=wish.image_format)
        request = image_pb2.ImageRequest(
            image_format=wish.image_format,
            pixel_format=wish.pixel_format,
            quality_percent=wish.quality,
            custom_params=captured.params,
        )
        data = captured.for_decoding()
        with translated("image_decode", CorruptFrame):
            if self._takes_request:
                self._interface.image_decode(data, image, request)
            else:
                self._interface.image_decode(captured.data, image, wish.image_format, wish.quality)
        return image


def _takes_parameters(capture: Callable[..., object]) -> bool:
    """Whether it is of 3.3 or later, where requests' parameters came."""
    try:
        parameters = inspect.signature(capture).parameters.values()
    except (TypeError, ValueError):  # native code tells none
        return False
    return any(one.name == "custom_params" or one.kind is one.VAR_KEYWORD for one in parameters)


def _takes_request(decode: Callable[..., object]) -> bool:
    """Whether it is of 3.1 or later; before, it took format and quality."""
    try:
        inspect.signature(decode).bind(None, None, None)
    except TypeError:
        return False
    except ValueError:  # native code tells none
        return True
    return True


def _nanoseconds(seconds: object) -> int | None:
    if not isinstance(seconds, (int, float)) or not math.isfinite(seconds):
        return None
    return round(seconds * 1e9)
