"""The SDK's rules for parameters, for controls and for specs of any kind."""

from typing import Any

import pytest
from bosdyn.api.service_customization_pb2 import CustomParamError, DictParam
from bosdyn.client.service_customization_helpers import (
    create_value_validator,
    dict_spec_to_default,
    make_bool_param_spec,
    make_custom_param_spec,
    make_dict_child_spec,
    make_dict_param_spec,
    make_double_param_spec,
    make_int64_param_spec,
    make_list_param_spec,
    make_one_of_child_spec,
    make_one_of_param_spec,
    make_string_param_spec,
)
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.adapters.bosdyn.messages.parameters import check_parameters, error_of
from spot_webcam.domain.sources.controls import Control, ControlKind

BRIGHTNESS = Control("brightness", "Brightness", ControlKind.INTEGER, -64, 64, step=4)
SWITCH = Control("auto", "Automatic", ControlKind.BOOLEAN, 0, 1)
MENU = Control("mode", "Mode", ControlKind.MENU, 0, 3, menu={1: "Manual", 3: "Aperture"})
CONTROLS = (BRIGHTNESS, SWITCH, MENU)
INVALID, UNSUPPORTED = (
    CustomParamError.STATUS_INVALID_VALUE,
    CustomParamError.STATUS_UNSUPPORTED_PARAMETER,
)


def _child(spec: Any) -> Any:
    return make_dict_child_spec(spec, None)


NEAR = make_dict_param_spec({"mm": _child(make_int64_param_spec(5, None, 1))}, False)
NESTED = make_dict_param_spec(
    {
        "speed": _child(make_double_param_spec(1.0, None, 0.5, 2.0)),
        "name": _child(make_string_param_spec(["a", "b"], False, "a")),
        "on": _child(make_bool_param_spec(True)),
        "points": _child(
            make_list_param_spec(make_custom_param_spec(make_int64_param_spec(1, None, 0, 9)), 0, 3)
        ),
        "inner": _child(make_dict_param_spec({"depth": _child(make_int64_param_spec(1))}, False)),
        "choice": _child(make_one_of_param_spec({"near": make_one_of_child_spec(NEAR)}, "near")),
    },
    False,
)
SPEC = NESTED.SerializeToString()
# Which forbids rectangles, and has one: nobody can be served by it.
BROKEN = make_dict_param_spec({"n": _child(make_int64_param_spec(5, None, 9, 10))}, False)


def given_to(kind: str, value: Any, name: str) -> DictParam:
    params = DictParam()
    getattr(params.values[name], kind).value = value
    return params


@pytest.mark.parametrize(
    ("params", "status"),
    [
        (given_to("int_value", 5, "brightness"), None),
        (given_to("bool_value", True, "auto"), None),
        (given_to("bool_value", True, "brightness"), INVALID),
        (given_to("int_value", 1, "auto"), INVALID),
        (given_to("double_value", 1.0, "brightness"), INVALID),
        (given_to("string_value", "5", "brightness"), INVALID),
        (given_to("int_value", 3, "mode"), INVALID),
        (given_to("int_value", 65, "brightness"), INVALID),
        (given_to("int_value", 1, "zoom"), UNSUPPORTED),
    ],
)
def test_controls_take_what_the_sdk_takes_for_them(params: Any, status: int | None) -> None:
    wrong = check_parameters(params.SerializeToString(), CONTROLS, b"")
    if status is None:
        assert wrong is None
    else:
        assert wrong is not None
        assert "\n" not in wrong
        assert error_of(params, CONTROLS, b"", "ours").status == status


@pytest.mark.parametrize("name", ["points", "inner", "choice", "speed", "name"])
def test_specs_of_every_kind_are_judged_as_a_client_would(name: str) -> None:
    good = dict_spec_to_default(NESTED)
    assert check_parameters(good.SerializeToString(), (), SPEC) is None
    bad = DictParam()
    bad.CopyFrom(good)
    value = bad.values[name]
    if name == "points":
        value.list_value.values.add().int_value.value = 99
    elif name == "inner":
        value.dict_value.values["width"].int_value.value = 1
    elif name == "choice":
        value.one_of_value.values["near"].values["mm"].int_value.value = 0
    elif name == "speed":
        value.double_value.value = 3.0
    else:
        value.string_value.value = "c"
    before = bad.SerializeToString(deterministic=True)
    expected = create_value_validator(NESTED)(DictParam.FromString(before))
    assert expected is not None
    assert error_of(bad, (), SPEC, "ours") == expected
    assert bad.SerializeToString(deterministic=True) == before


def test_parameter_without_a_value_is_wrong_though_the_sdk_stumbles_over_it() -> None:
    params = DictParam()
    params.values["brightness"].SetInParent()
    assert check_parameters(params.SerializeToString(), CONTROLS, b"") == (
        "a parameter has no value, or one of a kind that its spec does not have"
    )


def test_spec_that_is_invalid_is_reported_as_the_camera_s_fault() -> None:
    wrong = check_parameters(b"", (), BROKEN.SerializeToString())
    assert wrong is not None
    assert wrong.startswith("the camera's own spec is invalid")


def test_refusal_of_the_camera_itself_has_its_own_words() -> None:
    params = given_to("int_value", 5, "brightness")
    error = error_of(params, CONTROLS, b"", "not in this light")
    assert (error.status, list(error.error_messages)) == (INVALID, ["not in this light"])


@given(st.integers(-200, 200))
def test_finding_is_the_sdk_s_for_any_number(number: int) -> None:
    params = given_to("int_value", number, "brightness")
    wrong = check_parameters(params.SerializeToString(), CONTROLS, b"")
    assert (wrong is None) == (-64 <= number <= 64)
