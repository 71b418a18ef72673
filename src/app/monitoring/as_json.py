"""Frozen values as JSON, and the JSON Schema of their types."""

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any

_SCALARS: dict[type, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
}


def as_json(value: object) -> Any:
    """Return a value as `json.dumps` takes it.

    A dataclass is an object of its fields, without those of bytes; an enumeration its name in
    lower case.
    """
    if isinstance(value, Enum):
        return value.name.lower()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {name: as_json(getattr(value, name)) for name in _names(type(value))}
    if isinstance(value, Sequence):
        return [as_json(item) for item in value]
    raise TypeError(f"no JSON for {type(value).__name__}")


@cache
def _names(kind: type) -> tuple[str, ...]:
    hints = typing.get_type_hints(kind)
    return tuple(field.name for field in fields(kind) if hints[field.name] is not bytes)


def json_schema(kind: Any) -> dict[str, Any]:
    """Return the JSON Schema of what `as_json` makes of a type."""
    if kind in _SCALARS:
        return dict(_SCALARS[kind])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"type": "string", "enum": [member.name.lower() for member in kind]}
    if is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        names = _names(kind)
        return {
            "type": "object",
            "description": (kind.__doc__ or "").split("\n\n")[0].strip(),
            "required": list(names),
            "properties": {name: json_schema(hints[name]) for name in names},
        }
    return _schema_of_generic(typing.get_origin(kind), typing.get_args(kind))


def _schema_of_generic(origin: Any, arguments: tuple[Any, ...]) -> dict[str, Any]:
    if origin in (types.UnionType, typing.Union):
        [one] = [argument for argument in arguments if argument is not type(None)]
        return {"anyOf": [json_schema(one), {"type": "null"}]}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": json_schema(arguments[1])}
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return {"type": "array", "items": json_schema(arguments[0])}
    raise TypeError(f"no JSON Schema for {origin}")
