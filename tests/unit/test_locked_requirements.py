"""The requirements with hashes agree with pyproject.toml and constraints.txt: else, `make lock`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
LOCKED = ROOT / "src" / "tools" / "extension"
# Of the payload's Python.
ENVIRONMENT = {"python_version": "3.11", "python_full_version": "3.11.2", "sys_platform": "linux"}


def pinned(file: Path) -> dict[str, Requirement]:
    """Return the requirements of a file that apply to the payload, by name."""
    lines = file.read_text().replace("\\\n", "").splitlines()
    found = (Requirement(line.partition(" --hash")[0]) for line in lines if re.match(r"\w", line))
    return {canonicalize_name(one.name): one for one in found if applies(one)}


def applies(requirement: Requirement, extra: str = "") -> bool:
    """Return whether a payload needs this, if it installs an extra."""
    marker = requirement.marker
    return marker is None or marker.evaluate({**ENVIRONMENT, "extra": extra})


def test_versions_are_those_of_the_constraints() -> None:
    constraints = pinned(ROOT / "constraints.txt")
    for file in ("requirements.txt", "build-requirements.txt"):
        for name, requirement in pinned(LOCKED / file).items():
            assert constraints[name].specifier == requirement.specifier, name


def test_each_has_a_hash() -> None:
    for file in ("requirements.txt", "build-requirements.txt"):
        text = (LOCKED / file).read_text().replace("\\\n", "")
        entries = [line for line in text.splitlines() if re.match(r"\w", line)]
        assert entries
        assert all(re.search(r" --hash=sha256:[0-9a-f]{64}\b", entry) for entry in entries)


def needed() -> Iterator[Requirement]:
    """Yield what the product with its page needs, and what that needs, and so on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    http = project["optional-dependencies"]["http"]
    waiting = [(Requirement(text), "") for text in (*project["dependencies"], *http)]
    seen = set()
    while waiting:
        requirement, extra = waiting.pop()
        if not applies(requirement, extra):
            continue
        yield requirement
        name = canonicalize_name(requirement.name)
        for wanted in ("", *requirement.extras):
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                waiting += [(Requirement(text), wanted) for text in requires(name) or ()]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="older Pythons need other packages")
def test_nothing_is_missing_or_left_over() -> None:
    locked = pinned(LOCKED / "requirements.txt")
    names = set()
    for requirement in needed():
        name = canonicalize_name(requirement.name)
        [version] = [pin.version for pin in locked[name].specifier]
        assert requirement.specifier.contains(version), requirement
        names.add(name)
    assert set(locked) == names


def test_build_has_what_the_build_system_requires() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    built_with = {Requirement(text).name for text in project["build-system"]["requires"]}
    assert set(pinned(LOCKED / "build-requirements.txt")) == built_with
