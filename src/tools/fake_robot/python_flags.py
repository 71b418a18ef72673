"""Detection of Python flags that disable PYTHONPATH, which redirects a program to the robot."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

_PYTHON = re.compile(r"(python|pypy)[\d.]*")
# -I: isolated mode, -E: no environment variables, -S: no site module.
_ISOLATING = frozenset("IES")
# Options with a value, in the same word or the next one.
_WITH_VALUE = frozenset("WX")
# Options after which all words are the program's.
_LAST = frozenset("cm")
_FIRST_LINE_LIMIT = 512


def isolating_flag(program: Sequence[str], path: str | None = None) -> str | None:
    """Return the flag, such as `-I`, that prevents the redirection of a program, or `None`.

    Searches the words of a Python interpreter, or the first line of a script found on `path`.
    """
    name, *words = program
    if _PYTHON.fullmatch(Path(name).name):
        return _isolating_flag(words)
    found = shutil.which(name, path=path)
    return None if found is None else _isolating_flag(_interpreter_words(Path(found)))


def _interpreter_words(script: Path) -> list[str]:
    try:
        with script.open("rb") as file:
            line = file.readline(_FIRST_LINE_LIMIT)
    except OSError:
        return []
    words = line[2:].decode(errors="replace").split() if line.startswith(b"#!") else []
    pythons = [n for n, word in enumerate(words) if _PYTHON.fullmatch(Path(word).name)]
    return words[pythons[0] + 1 :] if pythons else []


def _isolating_flag(words: Sequence[str]) -> str | None:
    rest = iter(words)
    for word in rest:
        if not word.startswith("-") or word == "-":
            return None
        if word.startswith("--"):
            continue
        for n, letter in enumerate(word[1:], 1):
            if letter in _ISOLATING:
                return f"-{letter}"
            if letter in _LAST:
                return None
            if letter in _WITH_VALUE:
                if n == len(word) - 1:
                    next(rest, None)
                break
    return None
