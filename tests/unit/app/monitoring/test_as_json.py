import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from spot_webcam.app.monitoring.as_json import as_json, json_schema
from spot_webcam.app.monitoring.snapshot import Snapshot
from spot_webcam.domain.media.image import CaptureSettings, Layout
from spot_webcam.domain.sources.controls import Control, ControlKind
from tests.unit.app.monitoring.snapshots import SNAPSHOT


@dataclass(frozen=True)
class Strange:
    """A type that no JSON has."""

    value: complex


def conforms(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value fits a schema of the kinds that `json_schema` makes."""
    if "anyOf" in schema:
        return any(conforms(value, one) for one in schema["anyOf"])
    kind = schema["type"]
    if kind == "object" and not isinstance(value, dict):
        return False
    if kind == "object" and "properties" in schema:
        return set(value) == set(schema["required"]) and all(
            conforms(value[name], one) for name, one in schema["properties"].items()
        )
    if kind == "object":
        return all(conforms(one, schema["additionalProperties"]) for one in value.values())
    if kind == "array":
        return all(conforms(one, schema["items"]) for one in value)
    types: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "integer": (int,),
        "number": (int, float),
        "boolean": (bool,),
        "null": (type(None),),
    }
    return isinstance(value, types[kind]) and value in schema.get("enum", [value])


def test_snapshot_is_json_of_its_schema() -> None:
    controls = (Control("gain", "Gain", ControlKind.MENU, 0, 1, menu={0: "low", 1: "high"}),)
    [front] = SNAPSHOT.sources
    front = replace(front, description=replace(front.description, parameters=controls))
    value = as_json(replace(SNAPSHOT, sources=(front,)))
    assert json.loads(json.dumps(value)) == value
    assert conforms(value, json_schema(Snapshot))


def test_enumerations_are_words_and_bytes_are_left_out() -> None:
    assert as_json(Layout.BGR8) == "bgr8"
    assert as_json(ControlKind.INTEGER_MENU) == "integer_menu"
    assert "encoded_parameters" not in as_json(CaptureSettings(encoded_parameters=b"x"))
    assert "encoded_parameters" not in json_schema(CaptureSettings)["properties"]


def test_what_json_does_not_have_is_a_defect() -> None:
    with pytest.raises(TypeError, match="complex"):
        as_json(Strange(1j))
    with pytest.raises(TypeError, match="JSON Schema"):
        json_schema(Strange)
