"""Parsed JSON and YAML whose values know their key and line."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from spot_webcam.tools.extension.lint.finding import Place

Path = tuple[str | int, ...]
# Far more than a compose file has; aliases within aliases expand to more.
_MAX_NODES = 20_000
_MAX_DEPTH = 50
_MERGE = "tag:yaml.org,2002:merge"
_COLLECTIONS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
# `$$`, `${NAME}`, `${NAME:-default}` and the like, `$NAME`.
_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?:(:?[-?+])([^}]*))?\}|([A-Za-z_]\w*))")


class Invalid(Exception):
    """The text cannot be parsed; the message says why, `line` where, or is 0."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed text: `data`, the lines of keys, and keys that exist twice."""

    member: str
    data: Any
    lines: Mapping[Path, int]
    duplicates: tuple[Path, ...] = ()

    def place(self, path: Path) -> Place:
        """Return the place of a key; its line is that of the nearest key that has one."""
        known = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in self.lines), ())
        return Place(self.member, key_text(path), self.lines.get(known, 0))

    @property
    def root(self) -> "Entry":
        """Return the whole document."""
        return Entry(self, (), self.data)


@dataclass(frozen=True, slots=True)
class Entry:
    """A value in a document; `get` and iteration return nothing where the type is another."""

    document: Document
    path: Path
    value: Any

    @property
    def place(self) -> Place:
        """Return where the value is."""
        return self.document.place(self.path)

    @property
    def text(self) -> str:
        """Return a scalar as YAML writes it; empty for collections and null."""
        if isinstance(self.value, bool):
            return str(self.value).lower()
        return "" if isinstance(self.value, dict | list | None) else str(self.value)

    def get(self, *keys: str) -> "Entry | None":
        """Return the value of a key of a mapping, or of keys within keys."""
        entry = self
        for key in keys:
            if not isinstance(entry.value, dict) or key not in entry.value:
                return None
            entry = Entry(entry.document, (*entry.path, key), entry.value[key])
        return entry

    def items(self) -> "Iterator[tuple[str, Entry]]":
        """Iterate over the keys and values of a mapping."""
        if isinstance(self.value, dict):
            for key, value in self.value.items():
                yield str(key), Entry(self.document, (*self.path, key), value)

    def elements(self) -> "Iterator[Entry]":
        """Iterate over a list, or over a single scalar as if it were one."""
        if isinstance(self.value, list):
            for index, value in enumerate(self.value):
                yield Entry(self.document, (*self.path, index), value)
        elif not isinstance(self.value, dict | None):
            yield self

    def scalars(self) -> "Iterator[Entry]":
        """Iterate over all scalars within."""
        for pair in self.items():
            yield from pair[1].scalars()
        for entry in self.elements():
            yield from (entry,) if entry is self else entry.scalars()


def key_text(path: Path) -> str:
    """Return a path as `services.webcam.ports[0]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def parse_json(member: str, data: bytes) -> Document:
    """Parse a JSON text; lines are known of keys, of the first in the text with that name.

    Raises:
        Invalid: it is no UTF-8, or no JSON.
    """
    duplicates: list[Path] = []

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        duplicates.extend((name,) for name in dict.fromkeys(names) if names.count(name) > 1)
        return dict(pairs)

    try:
        text = data.decode("utf-8-sig")
        parsed = json.loads(text, object_pairs_hook=mapping)
    except UnicodeDecodeError as error:
        raise Invalid("it is not UTF-8", data.count(b"\n", 0, error.start) + 1) from None
    except json.JSONDecodeError as error:
        raise Invalid(f"it is not JSON: {error.msg}", error.lineno) from None
    except (ValueError, RecursionError):
        raise Invalid("it is not JSON that a program can read") from None
    lines: dict[Path, int] = {}
    for found in re.finditer(r'"((?:[^"\\\n]|\\.)*)"\s*:', text):
        lines.setdefault((found[1],), text.count("\n", 0, found.start()) + 1)
    return Document(member, parsed, lines, tuple(duplicates))


def parse_yaml(
    member: str, data: bytes, variables: Mapping[str, str]
) -> tuple[Document, set[Path]]:
    """Parse a YAML text, and replace its variables; return also where undefined ones are.

    Raises:
        Invalid: it is no YAML, or too deep or too large with its aliases expanded.
    """
    try:
        loader = yaml.SafeLoader(data)
        try:
            node = loader.get_single_node()
            builder = _Builder(loader, variables)
            value = None if node is None else builder.build(node, ())
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise Invalid(f"it is not YAML: {error.problem or error.context}", line) from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise Invalid(f"it is not YAML: {reason}") from None
    return Document(member, value, builder.lines, tuple(builder.duplicates)), builder.undefined


class _Builder:
    """Values of nodes, with the lines of their keys."""

    def __init__(self, loader: yaml.SafeLoader, variables: Mapping[str, str]) -> None:
        self._loader = loader
        self._variables = variables
        self._count = 0
        self.lines: dict[Path, int] = {}
        self.duplicates: list[Path] = []
        self.undefined: set[Path] = set()

    def build(self, node: yaml.Node, path: Path) -> Any:
        self._count += 1
        line = node.start_mark.line + 1
        if self._count > _MAX_NODES or len(path) > _MAX_DEPTH:
            raise Invalid("it is too deep or too large, with its aliases expanded", line)
        if not isinstance(node, yaml.ScalarNode) and node.tag not in _COLLECTIONS:
            raise Invalid(f"the tag {node.tag} is unknown", line)
        self.lines.setdefault(path, line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(part, (*path, index)) for index, part in enumerate(node.value)]
        value = self._loader.construct_object(node)
        return self._with_variables(value, path) if isinstance(value, str) else value

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                # The first of several wins, and the mapping's own keys win over all.
                for merged in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    mapping = {**self._merged(merged, path), **mapping}
        own: set[str] = set()
        for key, value in node.value:
            if key.tag == _MERGE:
                continue
            if not isinstance(key, yaml.ScalarNode):
                raise Invalid("a key is a collection", key.start_mark.line + 1)
            within = (*path, key.value)
            if key.value in own:
                self.duplicates.append(within)
            own.add(key.value)
            self.lines[within] = key.start_mark.line + 1
            mapping[key.value] = self.build(value, within)
        return mapping

    def _merged(self, node: yaml.Node, path: Path) -> dict[str, Any]:
        value = self.build(node, path)
        if not isinstance(value, dict):
            raise Invalid("<< does not name a mapping", node.start_mark.line + 1)
        return value

    def _with_variables(self, text: str, path: Path) -> str:
        def replacement(found: "re.Match[str]") -> str:
            dollar, braced, operator, default, plain = found.groups()
            if dollar:
                return "$"
            value = self._variables.get(braced or plain)
            kind = operator[-1] if operator else ""
            if value is None or (value == "" and operator and operator[0] == ":"):
                if kind == "-":
                    return str(default)
                if kind != "+":
                    self.undefined.add(path)
                return ""
            return str(default) if kind == "+" else value

        return _VARIABLE.sub(replacement, text)
