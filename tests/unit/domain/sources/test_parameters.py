import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.controls import Control, ControlKind
from spot_webcam.domain.sources.parameters import (
    ParameterCheck,
    no_rules,
    parameter_values,
)

BRIGHTNESS = Control("brightness", "Brightness", ControlKind.INTEGER, -64, 64)
ZOOM = Control("zoom", "Zoom", ControlKind.INTEGER, 10, 97, step=25, default=10)
MIRROR = Control("mirror", "Mirror", ControlKind.BOOLEAN, 0, 1)
AUTO = Control("auto", "Auto", ControlKind.MENU, 0, 3, menu={1: "Manual", 3: "Aperture Priority"})
ISO = Control("iso", "ISO", ControlKind.INTEGER_MENU, 0, 2, menu={0: "100", 2: "400"})
OFFER = (BRIGHTNESS, ZOOM, MIRROR, AUTO, ISO)

INT64 = st.integers(-(2**63), 2**63 - 1)
ANYTHING = INT64 | st.integers(-100, 100) | st.floats() | st.booleans() | st.text()
NAMES = st.sampled_from([*(one.name for one in OFFER), "", "no such"])


@st.composite
def integer_controls(draw: st.DrawFn) -> Control:
    minimum = draw(st.integers(-1000, 1000) | INT64)
    maximum = draw(st.integers(minimum, min(minimum + 1000, 2**63 - 1)))
    step = draw(st.integers(0, 300))
    return Control("turn", "Turn", ControlKind.INTEGER, minimum, maximum, step)


# What a request gives.


@given(st.dictionaries(NAMES, ANYTHING))
def test_whatever_is_given_is_allowed_or_refused(given_values: dict[str, Any]) -> None:
    by_name = {one.name: one for one in OFFER}
    try:
        values = parameter_values(given_values, OFFER)
    except CameraMisconfigured:
        return
    assert values.keys() == given_values.keys()
    for name, value in values.items():
        assert type(value) is int
        by_name[name].check(value)


@given(integer_controls(), st.data())
def test_number_in_range_goes_to_the_nearest_step(control: Control, data: st.DataObject) -> None:
    value = data.draw(st.integers(control.minimum, control.maximum))
    taken = parameter_values({"turn": value}, [control])["turn"]
    control.check(taken)
    step = max(1, control.step)
    below = value - (value - control.minimum) % step
    steps = [one for one in (below, below + step) if one <= control.maximum]
    assert abs(taken - value) == min(abs(one - value) for one in steps)


@given(integer_controls(), INT64)
def test_number_out_of_range_is_refused(control: Control, value: int) -> None:
    if control.minimum <= value <= control.maximum:
        return
    with pytest.raises(CameraMisconfigured, match="turn takes"):
        parameter_values({"turn": value}, [control])


def test_number_of_64_bits_is_taken_as_it_is() -> None:
    wide = Control("wide", "Wide", ControlKind.INTEGER, 0, 2**62)
    assert parameter_values({"wide": 2**60 + 1}, [wide]) == {"wide": 2**60 + 1}


@pytest.mark.parametrize(
    ("asked", "taken"),
    [(10, 10), (22, 10), (23, 35), (84, 85), (85, 85), (97, 85), (30.4, 35), ("35", 35)],
)
def test_values_between_two_steps(asked: Any, taken: int) -> None:
    assert parameter_values({"zoom": asked}, OFFER) == {"zoom": taken}


@pytest.mark.parametrize(
    ("name", "asked", "taken"),
    [
        ("mirror", True, 1),
        ("mirror", False, 0),
        ("mirror", 1, 1),
        ("mirror", "on", 1),
        ("auto", "Aperture Priority", 3),
        ("auto", "manual", 1),
        ("auto", 3, 3),
        ("iso", "400", 2),
        ("iso", 2, 2),
        ("brightness", -0.4, 0),
        ("brightness", -64, -64),
        ("brightness", 64.4, 64),
    ],
)
def test_value_is_taken_as_its_control_means_it(name: str, asked: Any, taken: int) -> None:
    assert parameter_values({name: asked}, OFFER) == {name: taken}


@pytest.mark.parametrize(
    ("name", "asked", "message"),
    [
        ("mirror", 2, r"mirror takes 0 \(off\) or 1 \(on\), not 2"),
        ("mirror", "perhaps", "mirror takes"),
        ("auto", 2, "auto takes 1 .Manual., 3 .Aperture Priority., not 2"),
        ("auto", "a value of kind dict_value", "auto takes"),
        ("iso", 1, "iso takes"),
        ("brightness", 65, "brightness takes -64 to 64, not 65"),
        ("brightness", "", "brightness takes -64 to 64, not ''"),
        ("brightness", math.nan, "brightness takes -64 to 64, not nan"),
        ("brightness", math.inf, "not inf"),
        ("mirror", -math.inf, "not -inf"),
        ("zoom", 9, "zoom takes 10 to 97 in steps of 25, not 9"),
    ],
)
def test_value_that_is_none_of_the_control_s_is_refused(
    name: str, asked: Any, message: str
) -> None:
    with pytest.raises(CameraMisconfigured, match=message):
        parameter_values({name: asked}, OFFER)


def test_unknown_parameter_is_refused_with_those_there_are() -> None:
    with pytest.raises(CameraMisconfigured, match="'focus'; there are: brightness, zoom, mirror"):
        parameter_values({"brightness": 1, "focus": 1}, OFFER)
    with pytest.raises(CameraMisconfigured, match="'focus'; there are: none"):
        parameter_values({"focus": 1}, [])


# Clients send the label of a menu's entry as it was listed.


@given(st.lists(st.text(st.characters(codec="ascii", categories=["L"]), min_size=1), min_size=1))
def test_every_listed_label_is_taken(words: list[str]) -> None:
    menu = dict(enumerate({word.casefold(): word for word in words}.values()))
    control = Control("auto", "Auto", ControlKind.MENU, 0, len(menu), menu=menu)
    for value, label in menu.items():
        assert parameter_values({"auto": label}, [control]) == {"auto": value}


def test_label_with_blanks_around_it_is_taken_as_it_is_listed() -> None:
    menu = {0: "50 Hz ", 1: " 60 Hz"}
    control = Control("power", "Power", ControlKind.MENU, 0, 1, menu=menu)
    for value, label in menu.items():
        assert parameter_values({"power": label}, [control]) == {"power": value}


def test_labels_that_differ_in_case_only_are_distinguished() -> None:
    menu = {0: "Auto", 1: "AUTO"}
    control = Control("mode", "Mode", ControlKind.MENU, 0, 1, menu=menu)
    for value, label in menu.items():
        assert parameter_values({"mode": label}, [control]) == {"mode": value}


# Specs of cameras' own.


def test_no_rules_find_nothing_wrong() -> None:
    check: ParameterCheck = no_rules
    assert check(b"anything", (), b"") is None
