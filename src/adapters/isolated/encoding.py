"""Encoding of messages as JSON: ADR 9.

Values of JSON's own types are encoded directly. Any other value is an object of one key, the name
of its type: `{"bytes": base64}`, `{"dict": [[key, value], ...]}`, an enum by its member's name, an
error by its text, a dataclass by the values of its fields in their order. Every message begins with
a fingerprint of these types, so that processes of different versions do not misread each other.

A decoder library that was compromised by network data controls every byte that the parent
decodes. Only the types listed here are created, from checked values.
"""

import base64
import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from enum import Enum
from types import NoneType, UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

from spot_webcam.adapters.isolated.messages import (
    CAMERA_ERRORS,
    Grabbed,
    JpegAt,
    PixelsAt,
    Reply,
    Request,
)
from spot_webcam.domain.errors import CameraError, as_unicode
from spot_webcam.domain.media.image import CaptureSettings, Layout
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import CameraMode, ModeRequest
from spot_webcam.domain.sources.controls import Control, ControlKind
from spot_webcam.domain.sources.description import CameraModel

# The largest message holds a `DictParam` of 64 KiB, a third more in base64.
MAX_BYTES = 1 << 17

_RECORDS = (
    *(Request, Reply, Grabbed, PixelsAt, JpegAt, JpegPicture),
    *(CameraMode, CameraModel, ModeRequest, CaptureSettings, Control),
)
_ENUMS: tuple[type[Enum], ...] = (Layout, ControlKind)
# Fields with sizes and locations. Other integers may have 64 bits.
_NATURAL = frozenset({"number", "slot", "length", "rows", "cols", "components"})
_MAX_NATURAL = (1 << 31) - 1
_MAX_INT = (1 << 63) - 1
_MAX_REASON_CHARS = 100

_Check = Callable[[object], bool]


class OtherVersion(ValueError):
    """A message of a process of another version."""


def encode(message: Request | Reply) -> bytes:
    """Return the bytes of a message.

    Raises:
        TypeError: it holds a value of a type that is not listed.
        ValueError: it is longer than `MAX_BYTES`.
    """
    data = _FINGERPRINT + _JSON_ENCODER.encode(_tagged(message)).encode("ascii")
    if len(data) > MAX_BYTES:
        raise ValueError(
            f"a message of {len(data)} bytes is too long: expected at most {MAX_BYTES}"
        )
    return data


def decode(data: bytes) -> Request | Reply:
    """Return the message.

    Raises:
        OtherVersion: a process of another version sent it.
        ValueError: the bytes are no valid message.
    """
    if not data.startswith(_FINGERPRINT):
        if _is_fingerprint(data[: len(_FINGERPRINT)]):
            raise OtherVersion("the message is of another version of spot-webcam")
        raise ValueError("invalid message: it has no fingerprint")
    try:
        message = _JSON_DECODER.decode(data[len(_FINGERPRINT) :].decode("ascii"))
    except Exception as error:
        # An unknown name may be as long as the message.
        raise ValueError(f"invalid message: {str(error)[:_MAX_REASON_CHARS]}") from error
    if not isinstance(message, (Request, Reply)):
        raise ValueError(f"invalid message: {type(message).__name__}")  # noqa: TRY004 - see Raises
    return message


def _tagged(value: object) -> object:
    """Return the value in JSON's types."""
    kind = type(value)
    if value is None or kind in (int, str, float, bool):
        return value
    if isinstance(value, list):
        return [_tagged(item) for item in value]
    content: object
    if kind in _NAMES:
        content = [_tagged(getattr(value, name)) for name in _NAMES[kind]]
    elif isinstance(value, Enum) and kind in _ENUMS:
        content = value.name
    elif isinstance(value, bytes):
        content = base64.b64encode(value).decode("ascii")
    elif isinstance(value, Mapping):
        return {"dict": [[_tagged(key), _tagged(item)] for key, item in value.items()]}
    elif kind in CAMERA_ERRORS:
        content = str(value)
    else:
        raise TypeError(f"a value of type {kind.__name__} cannot be sent between processes")
    return {kind.__name__: content}


def _untagged(tagged: dict[str, Any]) -> object:
    """Return the value of a JSON object whose parts are decoded already."""
    [(tag, content)] = tagged.items()
    return _MAKERS[tag](content)


def _bytes(content: str) -> bytes:
    return base64.b64decode(content, validate=True)


def _record(kind: type) -> Callable[[list[object]], object]:
    """Return a function that creates a dataclass from the values of its fields."""
    hints = get_type_hints(kind)
    checks = [(name, _check(hints[name], name)) for name in _NAMES[kind]]

    def make(values: list[object]) -> object:
        if len(values) != len(checks):
            raise ValueError(f"invalid {kind.__name__}: {len(values)} fields")
        for (name, fits), value in zip(checks, values, strict=True):
            if not fits(value):
                raise ValueError(f"{kind.__name__}.{name} cannot be a {type(value).__name__}")
        return kind(*values)

    return make


def _error(kind: type[CameraError]) -> Callable[[object], object]:
    def make(text: object) -> object:
        if not isinstance(text, str):
            raise TypeError(f"invalid text of {kind.__name__}: {type(text).__name__}")
        return kind(text)

    return make


def _check(hint: Any, field: str) -> _Check:
    """Return a check of a value's type against a hint, and of an integer's range."""
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(hint, UnionType):
        checks = [_check(argument, field) for argument in arguments]
        return lambda value: any(fits(value) for fits in checks)
    if origin is Sequence:
        fits_item = _check(arguments[0], field)
        return lambda value: type(value) is list and all(map(fits_item, value))
    if origin is Mapping:
        fits_key, fits_item = (_check(argument, field) for argument in arguments)
        return lambda value: (
            type(value) is dict
            and all(fits_key(key) and fits_item(item) for key, item in value.items())
        )
    if hint in (int, float):
        kinds = (int,) if hint is int else (int, float)
        low, high = (0, _MAX_NATURAL) if field in _NATURAL else (-_MAX_INT - 1, _MAX_INT)
        return lambda value: (
            type(value) in kinds and (isinstance(value, float) or low <= cast("int", value) <= high)
        )
    if hint is CameraError:
        return lambda value: isinstance(value, CameraError)
    if hint not in (NoneType, bool, str, bytes, *_ENUMS, *_RECORDS):
        raise TypeError(f"{field}: values of {hint} cannot be sent between processes")
    # An argument may hold the name of a file, which need not be Unicode.
    any_text = hint is not str or field == "argument"
    return lambda value: type(value) is hint and (any_text or as_unicode(str(value)) == value)


def _is_fingerprint(data: bytes) -> bool:
    return re.fullmatch(rb"[0-9a-f]{8} ", data) is not None


_NAMES: dict[type, list[str]] = {kind: [field.name for field in fields(kind)] for kind in _RECORDS}
_MAKERS: dict[str, Callable[[Any], object]] = {
    "bytes": _bytes,
    "dict": dict,
    **{kind.__name__: kind.__getitem__ for kind in _ENUMS},
    **{kind.__name__: _error(kind) for kind in CAMERA_ERRORS},
    **{kind.__name__: _record(kind) for kind in _RECORDS},
}
_JSON_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False)
_JSON_DECODER = json.JSONDecoder(object_hook=_untagged)


def _fingerprint() -> bytes:
    types = [(kind.__name__, [*get_type_hints(kind).items()]) for kind in _RECORDS]
    members = [(kind.__name__, [*kind.__members__]) for kind in _ENUMS]
    described = f"{types} {members} {[kind.__name__ for kind in CAMERA_ERRORS]}"
    return b"%08x " % zlib.crc32(described.encode())


_FINGERPRINT = _fingerprint()
