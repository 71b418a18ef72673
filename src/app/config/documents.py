"""Documents that are made of the model: the example, the reference page's tables, the schema."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.fields import FieldInfo

from spot_webcam.app.config.model import (
    ConfigurationFile,
    LensTable,
    RegionTable,
    Table,
    tables,
)

_HEADING = """\
# Configuration of `spot-webcam serve`: /etc/spot-webcam.toml, or --config FILE.
# Flags of the command line override it. `spot-webcam config check FILE` checks a file.
# A line that begins with # and a key, without a space, shows an example of the key; its default
# is in brackets.
"""
_WIDTH = 96


def example() -> str:
    """Return a complete file: every key with what it is for and what it accepts."""
    parts = [_HEADING]
    for header, model in tables():
        parts += [f"\n# {_summary(model)}\n{header}\n\n"]
        parts += [_commented(name, field) for name, field in model.model_fields.items()]
    return "".join(parts)


def schema() -> str:
    """Return the JSON Schema of a file, for editors."""
    return json.dumps(ConfigurationFile.model_json_schema(), indent=2)


def reference() -> str:
    """Return the tables of docs/configuration.md."""
    return "\n".join(_reference(header, model) for header, model in _all_tables())


def _all_tables() -> Iterator[tuple[str, type[Table]]]:
    yield from tables()
    yield "`crop` and each of `masks`", RegionTable
    yield "`lens`", LensTable


def _reference(header: str, model: type[Table]) -> str:
    title = header if header.startswith("`") else f"`{header}`"
    rows = [
        f"| `{name}` | {_cell(field.description)} | {_cell(_allowed(field))} |"
        f" {_cell(f'`{default}`' if (default := _default(field)) else '')} |"
        for name, field in model.model_fields.items()
    ]
    heading = [f"## {title}", "", _docstring(model), "", "| key | what | allowed | default |"]
    return "\n".join([*heading, "|---|---|---|---|", *rows, ""])


def _commented(name: str, field: FieldInfo) -> str:
    """Return a key of the example; required ones are not commented out."""
    default = _default(field)
    text = f"{field.description}{f' [{default}]' if default else ''}"
    mark = "" if field.is_required() else "#"
    key = f"{mark}{name} = {toml(_example(field))}\n"
    return f"{_wrapped(text)}{_wrapped(f'Accepts {_allowed(field)}.')}{key}\n"


def _wrapped(text: str) -> str:
    return "".join(f"# {line}\n" for line in textwrap.wrap(text, _WIDTH))


def toml(value: object) -> str:
    """Return a value as TOML."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {toml(item)}' for key, item in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    # A JSON text is a basic string of TOML; numbers, true and false are alike.
    return json.dumps(value)


def _default(field: FieldInfo) -> str:
    if field.is_required() or field.default in (None, [], {}):
        return ""
    return toml(field.default)


def _allowed(field: FieldInfo) -> str:
    return str(_extra(field)["x-allowed"])


def _example(field: FieldInfo) -> object:
    return (field.examples or [None])[0]


def _extra(field: FieldInfo) -> Mapping[str, Any]:
    extra = field.json_schema_extra
    return extra if isinstance(extra, dict) else {}


def _summary(model: type[Table]) -> str:
    return _docstring(model).replace("\n", "\n# ").replace("# \n", "#\n")


def _docstring(model: type[Table]) -> str:
    lines = (model.__doc__ or "").strip().split("\n")
    return "\n".join(line.strip() for line in lines)


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")
