"""Encoding of messages as JSON: ADR 9.

Values of JSON's own types are encoded directly. Any other value is an object of one key, the name
of its type: `{"bytes": base64}`, `{"dict": [[key, value], ...]}`, an enum by its member's name, an
error by its text, a dataclass by the values of its fields in their order. Every message begins with
a fingerprint of these types, so that processes of different versions do not misread each other.

Messages that are sent for each frame begin with a letter and numbers (`struct`). Only the form of
a picture may follow, as JSON, whose last values are kept: it seldom changes.

A decoder library that was compromised by network data controls every byte that the parent
decodes. Only the types listed here are created, from checked values.
"""

import base64
import json
import re
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from enum import Enum
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

from spot_webcam.adapters.isolated.messages import (
    CAMERA_ERRORS,
    FrameReply,
    Grabbed,
    Message,
    PictureAt,
    PictureForm,
    PixelForm,
    Reply,
    Request,
)
from spot_webcam.domain.errors import CameraError, as_unicode
from spot_webcam.domain.geometry.camera_model import CameraModel, Lens
from spot_webcam.domain.media.image import CaptureSettings, Layout
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import CameraMode, ModeRequest
from spot_webcam.domain.sources.controls import Control, ControlKind

# The largest message holds a `DictParam` of 64 KiB, a third more in base64.
MAX_BYTES = 1 << 17

_RECORDS = (
    *(Request, Reply, PixelForm, JpegPicture),
    *(CameraMode, CameraModel, ModeRequest, CaptureSettings, Control),
)
_ENUMS: tuple[type[Enum], ...] = (Layout, ControlKind, Lens)
# Fields with sizes and locations. Other integers may have 64 bits.
_NATURAL = frozenset({"number", "rows", "cols", "components"})
_MAX_NATURAL = (1 << 31) - 1
_MAX_INT = (1 << 63) - 1
_MAX_REASON_CHARS = 100
# Requests about a frame: letter, number, slot. No fingerprint has these letters.
_METHODS = {b"G": "grab", b"R": "retrieve", b"S": "skip"}
_LETTERS = {method: letter for letter, method in _METHODS.items()}
_FRAME_REQUEST = struct.Struct("<cIi")
_NO_SLOT = -1
# Reply: letter, number, flags, device timestamp, stream time, time of the grab, skipped pictures,
# slot, length.
_GRABBED = struct.Struct("<cIBqqqIBI")
_GRABBED_LETTER = b"F"
_HAS_TIMESTAMP, _HAS_STREAM_TIME, _HAS_PICTURE = 1, 2, 4
# A source has one form; while it changes, two.
_KEPT_FORMS = 4

_Check = Callable[[object], bool]


class OtherVersion(ValueError):
    """A message of a process of another version."""


def encode(message: Message) -> bytes:
    """Return the bytes of a message.

    Raises:
        TypeError: it holds a value of a type that is not listed.
        ValueError: it is longer than `MAX_BYTES`.
        struct.error: a number of a frame is out of range.
    """
    if isinstance(message, FrameReply):
        return _encode_grabbed(message.number, message.outcome)
    if isinstance(message, Request) and message.method in _LETTERS:
        slot = message.argument if isinstance(message.argument, int) else _NO_SLOT
        return _FRAME_REQUEST.pack(_LETTERS[message.method], message.number, slot)
    data = _FINGERPRINT + _JSON_ENCODER.encode(_tagged(message)).encode("ascii")
    if len(data) > MAX_BYTES:
        raise ValueError(
            f"a message of {len(data)} bytes is too long: expected at most {MAX_BYTES}"
        )
    return data


def decode(data: bytes) -> Message:
    """Return the message.

    Raises:
        OtherVersion: a process of another version sent it.
        ValueError: the bytes are no valid message.
    """
    try:
        if data[:1] == _GRABBED_LETTER:
            return _decode_grabbed(data)
        if data[:1] in _METHODS:
            letter, number, slot = _FRAME_REQUEST.unpack(data)
            return Request(number, _METHODS[letter], None if slot == _NO_SLOT else slot)
    except struct.error as error:
        raise ValueError(f"invalid message: {error}") from error
    if not data.startswith(_FINGERPRINT):
        if _is_fingerprint(data[: len(_FINGERPRINT)]):
            raise OtherVersion("the message is of another version of spot-webcam")
        raise ValueError("invalid message: it has no fingerprint")
    message = _from_json(data[len(_FINGERPRINT) :])
    if not isinstance(message, (Request, Reply)):
        raise ValueError(f"invalid message: {type(message).__name__}")  # noqa: TRY004 - see Raises
    return message


def _from_json(data: bytes) -> object:
    try:
        return _JSON_DECODER.decode(data.decode("ascii"))
    except Exception as error:
        # An unknown name may be as long as the message.
        raise ValueError(f"invalid message: {str(error)[:_MAX_REASON_CHARS]}") from error


def _encode_grabbed(number: int, grabbed: Grabbed) -> bytes:
    timestamp_ns, stream_ns, at = grabbed.device_timestamp_ns, grabbed.stream_ns, grabbed.picture
    flags = _HAS_TIMESTAMP if timestamp_ns is not None else 0
    flags |= _HAS_STREAM_TIME if stream_ns is not None else 0
    flags |= _HAS_PICTURE if at is not None else 0
    slot, length, form = (0, 0, b"") if at is None else (at.slot, at.length, _encode_form(at.form))
    times = (timestamp_ns or 0, stream_ns or 0, grabbed.grabbed_ns)
    return (
        _GRABBED.pack(_GRABBED_LETTER, number, flags, *times, grabbed.skipped, slot, length) + form
    )


def _decode_grabbed(data: bytes) -> FrameReply:
    _, number, flags, timestamp_ns, stream_ns, grabbed_ns, skipped, slot, length = (
        _GRABBED.unpack_from(data)
    )
    grabbed = Grabbed(
        timestamp_ns if flags & _HAS_TIMESTAMP else None,
        stream_ns if flags & _HAS_STREAM_TIME else None,
        grabbed_ns,
        skipped,
        PictureAt(slot, length, _decode_form(data[_GRABBED.size :]))
        if flags & _HAS_PICTURE
        else None,
    )
    return FrameReply(number, grabbed)


@lru_cache(_KEPT_FORMS)
def _encode_form(form: PictureForm) -> bytes:
    return _JSON_ENCODER.encode(_tagged(form)).encode("ascii")


@lru_cache(_KEPT_FORMS)
def _decode_form(data: bytes) -> PictureForm:
    form = _from_json(data)
    if not isinstance(form, (PixelForm, JpegPicture)):
        raise ValueError(f"invalid message: {type(form).__name__}")  # noqa: TRY004 - see `decode`
    return form


def _tagged(value: object) -> object:
    """Return the value in JSON's types."""
    kind = type(value)
    if value is None or kind in (int, str, float, bool):
        return value
    if isinstance(value, list):
        return [_tagged(item) for item in value]
    content: object
    if isinstance(value, tuple):
        content = [_tagged(item) for item in value]
    elif kind in _NAMES:
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
    if origin in (Sequence, tuple):  # of any length
        kind, fits_item = (tuple if origin is tuple else list), _check(arguments[0], field)
        return lambda value: isinstance(value, kind) and all(map(fits_item, value))
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
    "tuple": tuple,
    **{kind.__name__: kind.__getitem__ for kind in _ENUMS},
    **{kind.__name__: _error(kind) for kind in CAMERA_ERRORS},
    **{kind.__name__: _record(kind) for kind in _RECORDS},
}
_JSON_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False)
_JSON_DECODER = json.JSONDecoder(object_hook=_untagged)


def _fingerprint() -> bytes:
    types = [(kind.__name__, [*get_type_hints(kind).items()]) for kind in _RECORDS]
    members = [(kind.__name__, [*kind.__members__]) for kind in _ENUMS]
    frames = f"{_METHODS} {_FRAME_REQUEST.format} {_GRABBED.format}"
    described = f"{types} {members} {[kind.__name__ for kind in CAMERA_ERRORS]} {frames}"
    return b"%08x " % zlib.crc32(described.encode())


_FINGERPRINT = _fingerprint()
