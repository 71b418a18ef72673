"""Example, schema, reference page and model are equal."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.app.config import documents
from spot_webcam.app.config.configuration import Configuration
from spot_webcam.app.config.model import ConfigurationFile, Table, tables

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Load = Callable[..., Configuration]

PAGE = Path(__file__).parents[4] / "docs" / "configuration.md"
MODELS: dict[str, Any] = dict(tables())


def keys_of_the_model() -> set[tuple[str, str]]:
    return {(header, key) for header, model in MODELS.items() for key in model.model_fields}


def lines_of_the_example() -> Iterator[tuple[str, str, str]]:
    """Return table, key and line of each key, with the mark of a comment removed."""
    header = ""
    for line in documents.example().splitlines():
        if line.startswith("["):
            header = line
        found = re.fullmatch(r"#?(\w+) = .*", line)
        if found:
            yield header, found[1], line.removeprefix("#")


def test_example_has_every_key_of_the_model() -> None:
    found = [(header, key) for header, key, _ in lines_of_the_example()]
    assert len(found) == len(set(found))
    assert set(found) == keys_of_the_model()


def test_example_is_valid_as_it_is() -> None:
    ConfigurationFile.model_validate(tomllib.loads(documents.example()))


def test_example_is_valid_with_all_its_comments_removed() -> None:
    text = re.sub(r"(?m)^#(?=\w+ = )", "", documents.example())
    model = ConfigurationFile.model_validate(tomllib.loads(text))
    # Every example differs from the default, or says more than it.
    for header, key, line in lines_of_the_example():
        name = header.strip("[]")
        part = model.cameras[0] if name == "cameras" else getattr(model, name)
        assert getattr(part, key) != MODELS[header].model_fields[key].default, line


def test_example_is_read_by_the_loader(load_text: Load, tmp_path: Path) -> None:
    (tmp_path / "login").write_text("guid\nsecret")
    text = documents.example()
    path = MODELS["[credentials]"].model_fields["file"].examples[0]
    [camera] = load_text(text.replace(path, "login")).cameras
    assert camera.device.source_name == "video0"


def test_schema_is_that_of_the_model() -> None:
    schema = json.loads(documents.schema())
    assert set(schema["properties"]) == set(ConfigurationFile.model_fields)
    known = schema["$defs"]
    for model in MODELS.values():
        assert set(known[model.__name__]["properties"]) == set(model.model_fields)
        assert known[model.__name__]["additionalProperties"] is False


def test_reference_page_has_the_tables_of_the_model() -> None:
    # To write them: python -c "from spot_webcam.app.config.documents import reference as r;
    # print(r())", and put it at the end of the page.
    page = PAGE.read_text()
    assert page.endswith(documents.reference())
    headings = re.findall(r"(?m)^## `(\[.*\])`$", page)
    assert headings == list(MODELS)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_key_says_what_it_is_for_and_what_it_accepts(model: type[Table]) -> None:
    for field in model.model_fields.values():
        extra = field.json_schema_extra
        assert isinstance(extra, dict)
        assert extra["x-allowed"]
        assert field.description
        assert not field.description.endswith(".")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (0.5, "0.5"),
        ('a "b"', '"a \\"b\\""'),
        ([1, {"x": 1}], "[1, { x = 1 }]"),
    ],
)
def test_value_is_written_as_toml(value: object, written: str) -> None:
    assert documents.toml(value) == written
    assert tomllib.loads(f"key = {written}") == {"key": value}
