"""API messages that describe a source and a capture."""

import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

from bosdyn.api import image_pb2
from bosdyn.util import seconds_to_duration

# A number, or a function that returns one.
Setting = float | Callable[[], float] | None


def make_image_source(
    source_name: str,
    rows: int | None = None,
    cols: int | None = None,
    pixel_formats: Sequence[int] = (),
    image_type: int = image_pb2.ImageSource.IMAGE_TYPE_VISUAL,
    image_formats: Sequence[int] = (image_pb2.Image.FORMAT_JPEG,),
    param_spec: Any = None,
) -> Any:
    """Return an `ImageSource`; it has a size only if both rows and columns are known."""
    source = image_pb2.ImageSource(
        name=source_name,
        image_type=image_type,
        image_formats=image_formats,
        pixel_formats=pixel_formats,
    )
    if rows is not None and cols is not None:
        source.rows, source.cols = rows, cols
    if param_spec:
        source.custom_params.CopyFrom(param_spec)
    return source


def empty_image(source: Any, image_format: int) -> Any:
    """Return an `Image` for a decoding, of the size that is known of the `ImageSource`."""
    return image_pb2.Image(rows=source.rows, cols=source.cols, format=image_format)


def make_capture_parameters(
    gain: Setting = None, exposure: Setting = None, request_custom_params: Any = None
) -> Any:
    """Return `CaptureParameters`; a setting of zero is unknown, and omitted."""
    parameters = image_pb2.CaptureParameters()
    gain_db = _value(gain)
    if gain_db is not None:
        parameters.gain = gain_db
    exposure_s = _value(exposure)
    if exposure_s is not None:
        is_infinite = exposure_s >= sys.maxsize
        duration = seconds_to_duration(sys.maxsize if is_infinite else exposure_s)
        parameters.exposure_duration.CopyFrom(duration)
    if request_custom_params is not None:
        parameters.custom_params.CopyFrom(request_custom_params)
    return parameters


def tolerant(setting: Setting) -> Setting:
    """Return the setting; it is unknown if it is invalid, or a function that fails."""
    if not callable(setting):
        return _number(setting)

    def value() -> Any:
        try:
            return _number(setting())
        except Exception:  # noqa: BLE001 - other people's code
            return None

    return value


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return None if math.isnan(number) else number


def _value(setting: Setting) -> float | None:
    if not setting:
        return None
    return setting() if callable(setting) else setting
