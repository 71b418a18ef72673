"""Sees that a Python program will not look at PYTHONPATH, by which it is pointed at the robot."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

_PYTHON = re.compile(r"(python|pypy)[\d.]*")
# Isolated, no environment variables, no site module.
_DEAF = frozenset("IES")
# Options whose value is the next word, when it is not part of the same.
_WITH_VALUE = frozenset("WX")
# Options that end the interpreter's own: what follows is the program's.
_LAST = frozenset("cm")
_FIRST_LINE_LIMIT = 512


def deaf_flag(program: Sequence[str], path: str | None = None) -> str | None:
    """Return the flag, such as `-I`, that keeps a program from being pointed anywhere.

    It is sought in the words of a Python interpreter, and in the first line of a script that is
    found on `path`. None where there is none, or none to be seen.
    """
    name, *words = program
    if _PYTHON.fullmatch(Path(name).name):
        return _deaf(words)
    found = shutil.which(name, path=path)
    return None if found is None else _deaf(_interpreter_words(Path(found)))


def _interpreter_words(script: Path) -> list[str]:
    try:
        with script.open("rb") as file:
            line = file.readline(_FIRST_LINE_LIMIT)
    except OSError:
        return []
    words = line[2:].decode(errors="replace").split() if line.startswith(b"#!") else []
    pythons = [n for n, word in enumerate(words) if _PYTHON.fullmatch(Path(word).name)]
    return words[pythons[0] + 1 :] if pythons else []


def _deaf(words: Sequence[str]) -> str | None:
    rest = iter(words)
    for word in rest:
        if not word.startswith("-") or word == "-":
            return None
        if word.startswith("--"):
            continue
        for n, letter in enumerate(word[1:], 1):
            if letter in _DEAF:
                return f"-{letter}"
            if letter in _LAST:
                return None
            if letter in _WITH_VALUE:
                if n == len(word) - 1:
                    next(rest, None)
                break
    return None
