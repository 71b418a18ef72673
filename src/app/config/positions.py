"""Line numbers of the keys of a TOML text, which TOML libraries do not report."""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

# Keys of tables, and indices of arrays and of arrays of tables.
KeyPath: TypeAlias = "tuple[str | int, ...]"

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\[\s\S]|[^\\])*?"""(?:"{0,2})'
    r"|'''[\s\S]*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
)
_SCALAR = re.compile(r"[^,\]}\n#]+")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


def lines_of(text: str) -> dict[KeyPath, int]:
    """Return the line, from 1, of each key, table and array element of a valid TOML text.

    A table without a line of its own has that of its first key.
    """
    scanner = _Scanner(text.replace("\r\n", "\n"))
    # Of an array in an array in ..., deeper than any that is used: the lines until there.
    with suppress(RecursionError):
        scanner.scan()
    return scanner.lines


class _Scanner:
    """Reads a text that a TOML parser accepted, and so checks nothing."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.lines: dict[KeyPath, int] = {}
        # Elements of the arrays of tables so far.
        self._counts: dict[KeyPath, int] = {}

    def scan(self) -> None:
        table: KeyPath = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _header(self) -> KeyPath:
        is_array = self._text.startswith("[[", self._at)
        self._at += 1 + is_array
        keys = self._keys()
        self._at += 1 + is_array
        path: KeyPath = ()
        for index, key in enumerate(keys):
            path = (*path, key)
            self._note(path)
            if is_array and index == len(keys) - 1:
                self._counts[path] = self._counts.get(path, 0) + 1
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
                self._note(path)
        return path

    def _pair(self, table: KeyPath) -> None:
        path = table
        keys = self._keys()
        for key in keys:
            path = (*path, key)
            self._note(path)
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        start = self._text[self._at]
        if start == "{":
            self._members("}", lambda _: self._pair(path))
        elif start == "[":
            self._members("]", lambda index: self._element((*path, index)))
        elif start in "\"'":
            self._take(_STRING)
        else:
            self._take(_SCALAR)

    def _element(self, path: KeyPath) -> None:
        self._note(path)
        self._value(path)

    def _members(self, end: str, read: Callable[[int], None]) -> None:
        self._at += 1
        self._skip(_BLANK)
        index = 0
        while self._text[self._at] != end:
            read(index)
            index += 1
            self._skip(_BLANK)
            if self._text[self._at] == ",":
                self._at += 1
                self._skip(_BLANK)
        self._at += 1

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip(_SPACE)
            keys.append(self._key())
            self._skip(_SPACE)
            if self._text[self._at] != ".":
                return keys
            self._at += 1

    def _key(self) -> str:
        if self._text[self._at] == '"':
            return _ESCAPE.sub(_unescaped, self._take(_STRING)[1:-1])
        if self._text[self._at] == "'":
            return self._take(_STRING)[1:-1]
        return self._take(_BARE_KEY)

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise AssertionError(f"the text is no valid TOML at character {self._at}")
        self._at = found.end()
        return found[0]

    def _skip(self, pattern: re.Pattern[str]) -> None:
        self._take(pattern)

    def _note(self, path: KeyPath) -> None:
        self.lines.setdefault(path, self._text.count("\n", 0, self._at) + 1)


def _unescaped(escape: re.Match[str]) -> str:
    number = escape[1] or escape[2]
    return chr(int(number, 16)) if number else _ESCAPED[escape[3]]
