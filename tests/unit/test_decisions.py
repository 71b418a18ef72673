"""The decisions in `docs/decisions` are true: code and decisions name each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
SOURCES = {
    path: path.read_text() for folder in ("src", "fakes") for path in (ROOT / folder).rglob("*.py")
}
MODULES = sorted(path for path, text in SOURCES.items() if re.search(r"\bADRs? \d", text))
# Classes and functions of other people's code that the decisions name.
FOREIGN = {
    "BehaviorState",
    "CameraInterface",
    "DictParam",
    "ListImageSources",
    "PyJWT",
    "PyYAML",
    "RegisterService",
    "ThreadPoolExecutor",
    "TypeError",
    "UpdateService",
    "VisualImageSource",
}


def decision(number: str) -> Path:
    """Return the file of a decision."""
    [path] = [path for path in DECISIONS if path.name.startswith(f"{int(number):04}-")]
    return path


def quoted_names(text: str) -> set[str]:
    """Return the identifiers in backticks, those with a dot by each of their parts."""
    quoted = re.findall(r"`([A-Za-z_][\w.]*)(?:\(\))?`", text)
    return {part for name in quoted for part in name.split(".")}


def defined_names(source: str) -> set[str]:
    """Return the classes and functions that a module defines."""
    names = re.findall(r"^ *(?:class|def) (\w+)", source, re.MULTILINE)
    return {name for name in names if not name.startswith("__")}


def test_there_are_modules_that_name_decisions() -> None:
    assert len(MODULES) > 10


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_and_the_decision_that_it_names_name_each_other(module: Path) -> None:
    source = module.read_text()
    for number in re.findall(r"\bADR (\d+)", source):
        text = decision(number).read_text()
        assert defined_names(source) & quoted_names(text), f"{module.name} and ADR {number}"


@pytest.fixture(scope="module")
def defined() -> set[str]:
    """The classes and functions of all modules."""
    return set[str]().union(*map(defined_names, SOURCES.values()))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_classes_that_a_decision_names_exist(path: Path, defined: set[str]) -> None:
    classes = {
        name for name in quoted_names(path.read_text()) if re.match(r"[A-Z][A-Za-z]*[a-z]", name)
    }
    assert classes <= defined | FOREIGN


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_files_and_decisions_that_a_decision_names_exist(path: Path) -> None:
    text = path.read_text()
    for number in re.findall(r"\bADR (\d+)", text):
        assert decision(number).is_file()
    for link in re.findall(r"\]\(([^)#]+)", text):
        assert (path.parent / link).exists(), link
    for file in re.findall(r"`([a-z_0-9]+(?:/[a-z_0-9]+)+\.py)`", text):
        assert any((ROOT / folder / file).is_file() for folder in ("", "src", "src/adapters")), file
