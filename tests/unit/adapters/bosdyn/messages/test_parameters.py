from collections.abc import Callable
from typing import Any

import pytest
from bosdyn.api import service_customization_pb2
from bosdyn.client.service_customization_helpers import (
    create_value_validator,
    dict_spec_to_default,
)
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.adapters.bosdyn.messages.parameters import (
    error_of,
    params_of,
    request_values,
    spec_of,
)
from spot_webcam.domain.sources.controls import Control, ControlKind
from spot_webcam.domain.sources.parameters import parameter_values

Params, Error = service_customization_pb2.DictParam, service_customization_pb2.CustomParamError

BRIGHTNESS = Control("brightness", "Brightness", ControlKind.INTEGER, -64, 64, default=5)
EXPOSURE = Control(
    "exposure_time_absolute", "Exposure Time", ControlKind.INTEGER, 3, 2047, default=250
)
WHITE = Control(
    "white_balance_temperature", "White", ControlKind.INTEGER, 2800, 6500, step=10, default=4600
)
MIRROR = Control("mirror", "Mirror", ControlKind.BOOLEAN, 0, 1, default=1)
AUTO = Control("auto", "Auto", ControlKind.MENU, 0, 3, default=3, menu={1: "Manual", 3: "Auto"})
ISO = Control("iso", "ISO", ControlKind.INTEGER_MENU, 0, 2, menu={0: "100", 2: "400"})
OFFER = (BRIGHTNESS, EXPOSURE, WHITE, MIRROR, AUTO, ISO)


def given_as(**values: Any) -> Any:
    """Return parameters of a request, each as `{kind: value}` or the message itself."""
    params = Params()
    for name, (kind, value) in values.items():
        if kind == "one_of_value":
            params.values[name].one_of_value.key = value
        else:
            getattr(params.values[name], kind).value = value
    return params


@st.composite
def controls(draw: st.DrawFn) -> Control:
    kind = draw(
        st.sampled_from([ControlKind.INTEGER, ControlKind.BOOLEAN, ControlKind.MENU]),
    )
    name = draw(st.sampled_from(["brightness", "exposure_time_absolute", "zoom"]))
    if kind is ControlKind.BOOLEAN:
        return Control(name, "X", kind, 0, 1, default=draw(st.integers(0, 1)))
    if kind is ControlKind.MENU:
        values = draw(st.sets(st.integers(0, 9), min_size=1))
        menu = {value: f"Entry {value}" for value in values}
        return Control(name, "X", kind, 0, 9, default=draw(st.sampled_from([*values])), menu=menu)
    minimum, steps, step = draw(st.tuples(st.integers(), st.integers(0, 99), st.integers(1, 9)))
    minimum = max(-(2**62), min(2**62, minimum))
    default = minimum + step * draw(st.integers(0, steps))
    return Control(name, "X", kind, minimum, minimum + steps * step, step, default)


# What is listed.


def test_controls_are_listed_with_ranges_defaults_names_and_order() -> None:
    spec = spec_of(OFFER)
    assert set(spec.specs) == {one.name for one in OFFER}
    by_order = sorted(spec.specs.values(), key=lambda one: one.ui_info.display_order)
    assert [one.ui_info.display_name for one in by_order] == [one.label for one in OFFER]
    integer = spec.specs["brightness"].spec.int_spec
    assert (integer.min_value.value, integer.max_value.value) == (-64, 64)
    assert integer.default_value.value == 5
    assert spec.specs["mirror"].spec.bool_spec.default_value.value is True


def test_menus_are_listed_by_their_labels() -> None:
    spec = spec_of(OFFER)
    assert set(spec.specs["auto"].spec.one_of_spec.specs) == {"Manual", "Auto"}
    assert spec.specs["auto"].spec.one_of_spec.default_key == "Auto"
    assert set(spec.specs["iso"].spec.one_of_spec.specs) == {"100", "400"}
    assert spec.specs["iso"].spec.one_of_spec.default_key == "100"


def test_menu_whose_default_is_none_of_its_entries_defaults_to_the_first() -> None:
    control = Control("auto", "Auto", ControlKind.MENU, 0, 3, default=2, menu=AUTO.menu)
    assert spec_of([control]).specs["auto"].spec.one_of_spec.default_key == "Manual"


def test_units_are_listed_where_they_are_known() -> None:
    spec = spec_of(OFFER)
    assert spec.specs["white_balance_temperature"].spec.int_spec.units.name == "K"
    assert not spec.specs["exposure_time_absolute"].spec.int_spec.HasField("units")
    assert spec.specs["exposure_time_absolute"].ui_info.description == "in units of 0.0001 s"
    assert not spec.specs["brightness"].spec.int_spec.HasField("units")
    assert spec.specs["brightness"].ui_info.description == ""


def test_no_controls_are_no_parameters() -> None:
    assert spec_of([]) == Params.Spec()
    create_value_validator(spec_of([]))


@given(st.lists(controls(), unique_by=lambda one: one.name))
def test_sdk_takes_every_spec_and_its_defaults_and_so_do_we(offer: list[Control]) -> None:
    spec = spec_of(offer)
    defaults = dict_spec_to_default(spec)
    assert create_value_validator(spec)(defaults) is None
    assert parameter_values(request_values(defaults), offer) == {
        one.name: one.default for one in offer
    }


@pytest.mark.parametrize("default", [-8193, 57343])
def test_default_out_of_range_gives_a_spec_that_the_sdk_takes(default: int) -> None:
    # What v4l2-ctl shows of many a cheap camera.
    control = Control("brightness", "Brightness", ControlKind.INTEGER, 0, 255, default=default)
    spec = spec_of([control])
    assert create_value_validator(spec)(dict_spec_to_default(spec)) is None


# What is given.


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int_value", 5),
        ("double_value", 0.5),
        ("bool_value", True),
        ("string_value", "on"),
        ("one_of_value", "Manual"),
    ],
)
def test_value_is_read_as_it_is_given(kind: str, value: Any) -> None:
    assert request_values(given_as(x=(kind, value))) == {"x": value}


@pytest.mark.parametrize("kind", ["dict_value", "list_value", "roi_value"])
def test_value_of_a_kind_that_no_control_has_is_named(kind: str) -> None:
    params = Params()
    getattr(params.values["x"], kind).SetInParent()
    assert request_values(params) == {"x": f"a value of kind {kind}"}


def test_value_that_is_not_given_is_named() -> None:
    params = Params()
    params.values["x"].SetInParent()
    assert request_values(params) == {"x": "a value of kind None"}


@given(st.data())
def test_values_that_were_used_can_be_asked_for(data: st.DataObject) -> None:
    values = {
        "brightness": data.draw(st.integers(-64, 64)),
        "mirror": data.draw(st.integers(0, 1)),
        "auto": data.draw(st.sampled_from([1, 3])),
        "iso": data.draw(st.sampled_from([0, 2])),
    }
    used = params_of(values, OFFER)
    assert create_value_validator(spec_of(OFFER))(used) is None
    assert parameter_values(request_values(used), OFFER) == values


def test_value_that_is_no_entry_of_its_menu_is_reported_as_a_number() -> None:
    assert params_of({"auto": 2}, OFFER).values["auto"].one_of_value.key == "2"


# What is wrong.


@pytest.mark.parametrize(
    ("params", "status", "text"),
    [
        (given_as(focus=("int_value", 1)), Error.STATUS_UNSUPPORTED_PARAMETER, "focus"),
        (given_as(brightness=("int_value", 65)), Error.STATUS_INVALID_VALUE, "brightness"),
        (given_as(brightness=("string_value", "b")), Error.STATUS_INVALID_VALUE, "brightness"),
        (given_as(auto=("one_of_value", "Never")), Error.STATUS_INVALID_VALUE, "Never"),
    ],
)
def test_error_is_the_sdk_s_finding(params: Any, status: int, text: str) -> None:
    error = error_of(params, OFFER, b"", "our own words")
    assert error.status == status
    assert text in error.error_messages[0]


def test_error_is_our_own_words_where_the_sdk_finds_nothing() -> None:
    error = error_of(given_as(brightness=("int_value", 5)), OFFER, b"", "the camera refuses it")
    assert error.status == Error.STATUS_INVALID_VALUE
    assert list(error.error_messages) == ["the camera refuses it"]


def _unset(params: Any) -> None:
    params.values["brightness"].SetInParent()


def _list(params: Any) -> None:
    params.values["brightness"].list_value.SetInParent()


@pytest.mark.parametrize("write", [_unset, _list])
def test_request_that_the_sdk_s_validator_cannot_read_has_an_error_all_the_same(
    write: Callable[[Any], None],
) -> None:
    params = Params()
    write(params)
    error = error_of(params, OFFER, b"", "brightness takes numbers")
    assert error.status == Error.STATUS_INVALID_VALUE
    assert error.error_messages


def test_error_of_a_camera_with_an_odd_default_is_reported_all_the_same() -> None:
    control = Control("brightness", "Brightness", ControlKind.INTEGER, 0, 255, default=57343)
    error = error_of(given_as(brightness=("int_value", 256)), [control], b"", "too much")
    assert error.status == Error.STATUS_INVALID_VALUE
