"""Strict reader of TOML tables: unknown keys and wrong values are errors of one line."""

from collections.abc import Callable, Collection, Mapping
from enum import Enum
from typing import Any, TypeVar

from spot_webcam.app.cli.command_line import Misused

_E = TypeVar("_E", bound=Enum)
# A day: no scenario lasts longer.
MAX_S = 86_400.0


class TomlTable:
    """One table of a file. Every method raises `Misused`, naming the place and what is allowed."""

    def __init__(self, where: str, data: Any) -> None:
        self.where = where
        if not isinstance(data, Mapping):
            raise self.error("must be a table")
        self._data = data
        self._known: set[str] = set()

    def error(self, what: str) -> Misused:
        """Return an error at this place."""
        return Misused(f"{self.where}: {what}")

    def has(self, key: str) -> bool:
        """Whether the key is present."""
        return key in self._data

    def only_key(self, keys: Collection[str]) -> str:
        """Return the one key of these that is present."""
        present = [key for key in keys if key in self._data]
        if len(present) != 1:
            raise self.error(f"needs one of {', '.join(keys)}")
        return present[0]

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text."""
        return str(self._value(key, default, "a text", _is_a(str)))

    def flag(self, key: str, default: bool | None = None) -> bool:
        """Return a boolean."""
        return bool(self._value(key, default, "true or false", _is_a(bool)))

    def seconds(
        self, key: str, default: float | None = None, *, least: float = 0.0, most: float = MAX_S
    ) -> float:
        """Return a number of seconds."""
        kind = f"a number of seconds from {least:g} to {most:g}"
        return float(self._number(key, default, kind, int | float, least, most))

    def count(self, key: str, default: int | None = None, *, least: int = 0) -> int:
        """Return a whole number."""
        kind = f"a whole number from {least} to 1000"
        return int(self._number(key, default, kind, int, least, 1000))

    def choice(self, key: str, kind: type[_E], default: _E | None = None) -> _E:
        """Return the member that has the text as its value."""
        if default is not None and not self.has(key):
            return default
        return kind(self.one_of(key, [str(member.value) for member in kind]))

    def one_of(self, key: str, allowed: Collection[str]) -> str:
        """Return a text that is one of these."""
        kind = f"one of {', '.join(allowed)}"
        return str(self._value(key, None, kind, lambda value: value in allowed))

    def tables(self, key: str) -> "list[TomlTable]":
        """Return an array of tables, numbered from 1."""
        data = self._value(key, (), f"tables: write [[{key}]]", _is_a(list))
        return [TomlTable(f"{self.where}: {key} {n}", table) for n, table in enumerate(data, 1)]

    def table(self, key: str) -> "TomlTable":
        """Return a table, an empty one if it is not present."""
        return TomlTable(f"{self.where}: {key}", self._value(key, {}, "", lambda _: True))

    def end(self) -> None:
        """Refuse the keys that were not read."""
        unknown = sorted(self._data.keys() - self._known)
        if unknown:
            raise self.error(
                f"{', '.join(map(repr, unknown))} is not known here; known are"
                f" {', '.join(sorted(self._known))}"
            )

    def _number(
        self, key: str, default: Any, kind: str, types: Any, least: float, most: float
    ) -> Any:
        def fits(value: Any) -> bool:
            is_number = isinstance(value, types) and not isinstance(value, bool)
            return is_number and least <= value <= most

        return self._value(key, default, kind, fits)

    def _value(self, key: str, default: Any, kind: str, fits: Callable[[Any], bool]) -> Any:
        self._known.add(key)
        if key not in self._data:
            if default is None:
                raise self.error(f"{key!r} is missing: {kind}")
            return default
        value = self._data[key]
        if not fits(value):
            raise self.error(f"{key} = {value!r} must be {kind}")
        return value


def _is_a(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind)
