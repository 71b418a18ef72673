"""TOML tables that are read strictly: what is not known is refused, in one line."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeVar

from spot_webcam.app.cli.command_line import Misused

_E = TypeVar("_E", bound=Enum)
# A day: no scenario lasts longer.
MAX_S = 86_400.0


class Table:
    """One table of a file. Every method raises `Misused`, naming the place and what is allowed."""

    def __init__(self, where: str, data: Any) -> None:
        self.where = where
        if not isinstance(data, Mapping):
            raise self.wrong("must be a table")
        self._data = data
        self._read: set[str] = set()

    def wrong(self, what: str) -> Misused:
        """Return the error of this place."""
        return Misused(f"{self.where}: {what}")

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._data

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text."""
        value = self._value(key, default, "a text", lambda value: isinstance(value, str))
        return str(value)

    def flag(self, key: str, default: bool | None = None) -> bool:
        """Return true or false."""
        value = self._value(key, default, "true or false", lambda value: isinstance(value, bool))
        return bool(value)

    def seconds(
        self, key: str, default: float | None = None, *, least: float = 0.0, most: float = MAX_S
    ) -> float:
        """Return a number of seconds."""

        def fits(value: Any) -> bool:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return number and least <= value <= most

        kind = f"a number of seconds from {least:g} to {most:g}"
        return float(self._value(key, default, kind, fits))

    def count(self, key: str, default: int | None = None, *, least: int = 0) -> int:
        """Return a whole number."""

        def fits(value: Any) -> bool:
            return isinstance(value, int) and not isinstance(value, bool) and least <= value <= 1000

        return int(self._value(key, default, f"a whole number from {least} to 1000", fits))

    def choice(self, key: str, kind: type[_E], default: _E | None = None) -> _E:
        """Return the member that the text is the value of."""
        if default is not None and not self.has(key):
            return default
        values = {str(one.value): one for one in kind}
        return values[self.one_of(key, list(values))]

    def one_of(self, key: str, allowed: list[str]) -> str:
        """Return a text that is one of these."""
        kind = f"one of {', '.join(allowed)}"
        return str(self._value(key, None, kind, lambda value: value in allowed))

    def tables(self, key: str) -> "list[Table]":
        """Return an array of tables, each of which knows its number."""
        data = self._value(
            key, (), f"tables: write [[{key}]]", lambda value: isinstance(value, list)
        )
        return [Table(f"{self.where}: {key} {n}", one) for n, one in enumerate(data, 1)]

    def table(self, key: str) -> "Table":
        """Return a table, an empty one if it is not there."""
        self._read.add(key)
        return Table(f"{self.where}: {key}", self._data.get(key, {}))

    def end(self) -> None:
        """Refuse what nobody has read."""
        unknown = sorted(self._data.keys() - self._read)
        if unknown:
            raise self.wrong(
                f"{', '.join(map(repr, unknown))} means nothing here; it may have"
                f" {', '.join(sorted(self._read))}"
            )

    def _value(self, key: str, default: Any, kind: str, fits: Callable[[Any], bool]) -> Any:
        self._read.add(key)
        if key not in self._data:
            if default is None:
                raise self.wrong(f"{key!r} is missing: {kind}")
            return default
        value = self._data[key]
        if not fits(value):
            raise self.wrong(f"{key} = {value!r} must be {kind}")
        return value
