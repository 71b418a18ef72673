"""Custom parameters of synthetic cameras: brightness, pattern and text."""

from dataclasses import dataclass
from typing import Any

from bosdyn.api import service_customization_pb2
from google.protobuf.message import DecodeError

from spot_webcam.domain.errors import ParametersRefused
from spot_webcam.domain.media.image import Layout
from spot_webcam.fakes.cameras.patterns.stencil import BALL, STENCILS

BRIGHTEST = 100
MAX_TEXT = 32


@dataclass(frozen=True, slots=True)
class Look:
    """Values of the parameters; the defaults do not change pictures.

    One step of `brightness` is one 8-bit level.
    """

    brightness: int = 0
    pattern: str = BALL
    text: str = ""


def look_spec(layout: Layout) -> bytes:
    """Return the serialized spec; depth pictures have no brightness."""
    spec = service_customization_pb2.DictParam.Spec()
    if layout is not Layout.DEPTH16:
        brightness = _child(spec, "brightness", "Brightness", "in levels of 8 bits").int_spec
        brightness.default_value.value = 0
        brightness.min_value.value, brightness.max_value.value = -BRIGHTEST, BRIGHTEST
    pattern = _child(spec, "pattern", "Pattern", "what fills the picture").string_spec
    pattern.options.extend(STENCILS)
    pattern.default_value = BALL
    limit = f"written into the picture, {MAX_TEXT} characters at the most"
    text = _child(spec, "text", "Text", limit).string_spec
    text.editable = True
    return _encoded(spec)


def read_look(encoded: bytes, layout: Layout) -> Look:
    """Return the values of a serialized `DictParam`; missing ones have their default.

    Raises:
        ParametersRefused: a parameter is unknown or its value is not allowed.
    """
    try:
        params = service_customization_pb2.DictParam.FromString(encoded)
    except DecodeError as error:
        raise ParametersRefused(f"malformed parameters: {error}") from error
    values = {name: _value(name, param) for name, param in params.values.items()}
    if layout is Layout.DEPTH16 and "brightness" in values:
        raise ParametersRefused("depths have no brightness")
    look = Look(**values)
    if abs(look.brightness) > BRIGHTEST:
        raise ParametersRefused(
            f"brightness goes from {-BRIGHTEST} to {BRIGHTEST}, not to {look.brightness}"
        )
    if look.pattern not in STENCILS:
        raise ParametersRefused(f"pattern is one of {', '.join(STENCILS)}, not {look.pattern!r}")
    if len(look.text) > MAX_TEXT:
        raise ParametersRefused(f"text has {MAX_TEXT} characters at the most, not {len(look.text)}")
    return look


def write_look(look: Look, layout: Layout) -> bytes:
    """Return it as a serialized `DictParam` of all values."""
    params = service_customization_pb2.DictParam()
    if layout is not Layout.DEPTH16:
        params.values["brightness"].int_value.value = look.brightness
    params.values["pattern"].string_value.value = look.pattern
    params.values["text"].string_value.value = look.text
    return _encoded(params)


_KINDS = {"brightness": "int_value", "pattern": "string_value", "text": "string_value"}


def _value(name: str, param: Any) -> Any:
    kind = _KINDS.get(name)
    if kind is None:
        raise ParametersRefused(f"unknown parameter {name!r}; known are {', '.join(_KINDS)}")
    if not param.HasField(kind):
        raise ParametersRefused(f"{name} has no {kind}")
    return getattr(param, kind).value


def _child(spec: Any, name: str, shown: str, description: str) -> Any:
    child = spec.specs[name]
    child.ui_info.display_name = shown
    child.ui_info.description = description
    child.ui_info.display_order = len(spec.specs) - 1
    return child.spec


def _encoded(message: Any) -> bytes:
    encoded: bytes = message.SerializeToString(deterministic=True)
    return encoded
