"""Lines of keys, for every way in which TOML writes them."""

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.app.config.positions import KeyPath, lines_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EVERYTHING = '''\
# [no] = "table"
title = "a # in a text" # and a comment
"quoted.key" = 1
'literal ]' = 2
dotted . "in \\u0041 \\"key\\"" = 3

[robot] # a comment
  hostname = "a"

[[cameras]]
name = 'front # [x]'
masks = [ # comment ] }
  { x = 0.1, list = [1, [2, 3],], deep = { a.b = 1 } },
  # between
  {x=1}
]
empty = []
none = {}
[cameras.crop]
x = 1
[[cameras]]
text = """
many "quotes" \\""" [x]
= """"
literal = \'\'\'a
'b'\'\'\'\'
date = 1979-05-27 07:32:00
after = 1
[[cameras.masks]]
x=1
[[ cameras . masks ]]
x=2
[a.b.c]
d = [
  1,
  2,
]
'''

EXPECTED: dict[KeyPath, int] = {
    ("title",): 2,
    ("quoted.key",): 3,
    ("literal ]",): 4,
    ("dotted",): 5,
    ("dotted", 'in A "key"'): 5,
    ("robot",): 7,
    ("robot", "hostname"): 8,
    ("cameras",): 10,
    ("cameras", 0): 10,
    ("cameras", 0, "name"): 11,
    ("cameras", 0, "masks"): 12,
    ("cameras", 0, "masks", 0): 13,
    ("cameras", 0, "masks", 0, "x"): 13,
    ("cameras", 0, "masks", 0, "list"): 13,
    ("cameras", 0, "masks", 0, "list", 0): 13,
    ("cameras", 0, "masks", 0, "list", 1): 13,
    ("cameras", 0, "masks", 0, "list", 1, 0): 13,
    ("cameras", 0, "masks", 0, "list", 1, 1): 13,
    ("cameras", 0, "masks", 0, "deep"): 13,
    ("cameras", 0, "masks", 0, "deep", "a"): 13,
    ("cameras", 0, "masks", 0, "deep", "a", "b"): 13,
    ("cameras", 0, "masks", 1): 15,
    ("cameras", 0, "masks", 1, "x"): 15,
    ("cameras", 0, "empty"): 17,
    ("cameras", 0, "none"): 18,
    ("cameras", 0, "crop"): 19,
    ("cameras", 0, "crop", "x"): 20,
    ("cameras", 1): 21,
    ("cameras", 1, "text"): 22,
    ("cameras", 1, "literal"): 25,
    ("cameras", 1, "date"): 27,
    ("cameras", 1, "after"): 28,
    ("cameras", 1, "masks"): 29,
    ("cameras", 1, "masks", 0): 29,
    ("cameras", 1, "masks", 0, "x"): 30,
    ("cameras", 1, "masks", 1): 31,
    ("cameras", 1, "masks", 1, "x"): 32,
    ("a",): 33,
    ("a", "b"): 33,
    ("a", "b", "c"): 33,
    ("a", "b", "c", "d"): 34,
    ("a", "b", "c", "d", 0): 35,
    ("a", "b", "c", "d", 1): 36,
}


def paths(value: Any, path: KeyPath = ()) -> set[KeyPath]:
    """Return the paths of all keys and elements of parsed TOML."""
    if isinstance(value, dict):
        parts = list(value.items())
    else:
        parts = list(enumerate(value)) if isinstance(value, list) else []
    found: set[KeyPath] = set()
    for step, part in parts:
        found |= {(*path, step)} | paths(part, (*path, step))
    return found


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_key_has_its_line(end: str) -> None:
    assert lines_of(EVERYTHING.replace("\n", end)) == EXPECTED
    assert paths(tomllib.loads(EVERYTHING)) == set(EXPECTED)


def test_text_that_a_parser_would_refuse_is_a_defect() -> None:
    with pytest.raises(AssertionError, match="no valid TOML at character 0"):
        lines_of("!")


bare = st.from_regex(r"[A-Za-z0-9_-]{1,3}", fullmatch=True)
keys = bare | st.text(max_size=3).map(lambda text: f'"{_escaped(text)}"')
texts = st.text(max_size=5).map(lambda text: f'"{_escaped(text)}"')
scalars = texts | st.sampled_from(["1", "0.5", "true", "'a # ]'", '"""\n]\n"""', "1979-05-27"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3).map(
        lambda items: "[\n" + ", # ,]\n".join(items) + "\n]"
    ),
    max_leaves=6,
)


def _escaped(text: str) -> str:
    printable = text.isprintable() and not set(text) & {'"', "\\"}
    return text if printable else "".join(f"\\U{ord(letter):08x}" for letter in text)


@st.composite
def documents(draw: st.DrawFn) -> str:
    lines = []
    for _ in range(draw(st.integers(0, 6))):
        name = draw(bare)
        lines.append(draw(st.sampled_from([f"[[{name}]]", f"[{name}]", "# = [", ""])))
        lines.append(f"{draw(keys)} = {draw(values)}")
    return "\n".join(lines)


@given(documents())
def test_lines_are_found_of_all_keys_that_a_parser_finds(text: str) -> None:
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # such as a key that is defined twice
        return
    lines = lines_of(text)
    assert set(lines) == paths(parsed)
    written = text.split("\n")
    for path, line in lines.items():
        if isinstance(path[-1], str) and path[-1].isascii() and path[-1].isidentifier():
            assert path[-1] in written[line - 1]
