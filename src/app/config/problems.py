"""Errors of a configuration file, each with its line, its key, what was given and what is allowed.

No message has the value of an unknown key or of a secret one.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from spot_webcam.app.cli.arguments import quoted
from spot_webcam.app.config.model import ConfigurationFile, Table
from spot_webcam.app.config.positions import KeyPath

MAX_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at a path; `what` is the whole message but for the position."""

    path: KeyPath
    what: str


class BadConfiguration(Exception):
    """A file that cannot be used; the text has a line for each problem."""

    def __init__(self, file: Path, lines: Mapping[KeyPath, int], problems: Iterable[Problem]):
        placed = sorted((_line(lines, problem.path), problem.what) for problem in problems)
        # A file that cannot be read has no lines.
        places = [f"{file}:{line}" if lines else str(file) for line, _ in placed]
        found = [f"{place}: {what}" for place, (_, what) in zip(places, placed, strict=True)]
        heading = [f"the configuration has {len(found)} errors:"] if len(found) > 1 else []
        super().__init__("\n".join(heading + found))


def _line(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """Return the line of a key, or of the innermost table around it if the key is missing."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def problems_of(error: ValidationError, data: Mapping[str, Any]) -> list[Problem]:
    """Return the problems that the model finds in a parsed file."""
    return [_problem(found["type"], found["loc"], found, data) for found in error.errors()]


def wrong_value(path: KeyPath, data: Mapping[str, Any], reason: str = "") -> Problem:
    """Return the problem of a key's value: `KEY = GIVEN: REASON`, or what is allowed."""
    given = "..." if _extra(path).get("x-secret") else _shown(_value(data, path))
    return Problem(path, f"{spelled(path)} = {given}: {reason or f'expected {_allowed(path)}'}")


def spelled(path: KeyPath) -> str:
    """Return a path as it is written: `cameras[0].crop.x`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _problem(kind: str, path: KeyPath, found: Any, data: Mapping[str, Any]) -> Problem:
    if kind == "missing":
        return Problem(path, f"{spelled(path)} is missing: expected {_allowed(path)}")
    if kind == "extra_forbidden":
        return _unknown(path)
    if kind == "value_error":
        return wrong_value(path, data, str(found["ctx"]["error"]))
    return wrong_value(path, data)


def _unknown(path: KeyPath) -> Problem:
    *table, key = path
    known = list(_table(tuple(table)).model_fields)
    near = difflib.get_close_matches(str(key), known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    where = spelled(tuple(table)) or "the file"
    return Problem(path, f"there is no key {_shown_key(str(key))} in {where}: {hint}")


def _shown_key(key: str) -> str:
    return quoted(key[:MAX_SHOWN])


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value if len(value) <= MAX_SHOWN else f"{value[:MAX_SHOWN]}...")
    if isinstance(value, int | float):
        return str(value)[:MAX_SHOWN]
    if isinstance(value, dict):
        return "a table"
    return "a list" if isinstance(value, list) else "a date or time"


def _value(data: Any, path: KeyPath) -> object:
    for step in path:
        data = data[step]
    return data


def _allowed(path: KeyPath) -> object:
    if path == ("cameras",):
        return "a table with the header [[cameras]] for each camera"
    return _extra(path).get("x-allowed", "a table")


def _extra(path: KeyPath) -> Mapping[str, object]:
    """Return what the model says of a key, which holds for an element of its list, too."""
    field = _field(path)
    extra = field.json_schema_extra if field is not None else None
    return extra if isinstance(extra, dict) else {}


def _field(path: KeyPath) -> FieldInfo | None:
    """Return the innermost key of a path that says what it accepts."""
    model: type[Table] | None = ConfigurationFile
    found: FieldInfo | None = None
    for step in path:
        if isinstance(step, int) or model is None or step not in model.model_fields:
            continue
        found = model.model_fields[step]
        model = _model_in(found.annotation)
    return found


def _table(path: KeyPath) -> type[Table]:
    model: type[Table] = ConfigurationFile
    for step in path:
        if isinstance(step, str):
            model = _model_in(model.model_fields[step].annotation) or model
    return model


def _model_in(annotation: Any) -> type[Table] | None:
    """Return the table that an annotation such as `list[Table]` or `Table | None` names."""
    arguments = get_args(annotation)
    if not arguments:
        is_table = isinstance(annotation, type) and issubclass(annotation, Table)
        return annotation if is_table else None
    found = (_model_in(argument) for argument in arguments)
    return next((model for model in found if model is not None), None)
