"""The API's messages that describe a source and a capture."""

import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

from bosdyn.api import image_pb2
from bosdyn.util import seconds_to_duration

# A number, or what gives one when it is asked.
Setting = float | Callable[[], float] | None


def make_image_source(
    source_name: str,
    rows: int | None,
    cols: int | None,
    pixel_formats: Sequence[int],
    image_type: int,
    image_formats: Sequence[int],
    param_spec: Any,
) -> Any:
    """Return an `ImageSource`; it has a size only where both rows and columns are told."""
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


def make_capture_parameters(gain: Setting, exposure: Setting, request_custom_params: Any) -> Any:
    """Return `CaptureParameters`; settings of zero are left out, as ones that are not known."""
    parameters = image_pb2.CaptureParameters()
    gain_db = _value(gain)
    if gain_db is not None:
        parameters.gain = gain_db
    exposure_s = _value(exposure)
    if exposure_s is not None:
        longest = exposure_s >= sys.maxsize
        duration = seconds_to_duration(sys.maxsize if longest else exposure_s)
        parameters.exposure_duration.CopyFrom(duration)
    if request_custom_params is not None:
        parameters.custom_params.CopyFrom(request_custom_params)
    return parameters


def tolerant(setting: Setting) -> Setting:
    """Return a setting that is unknown where it is no number, or a function that gives none."""
    if not callable(setting):
        return _number(setting)

    def value() -> Any:
        try:
            return _number(setting())
        except Exception:  # noqa: BLE001 - a user's function, and one setting of several
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
