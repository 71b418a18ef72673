"""Other parameters: which are tried, and what an answer to them must be."""

from typing import Any

import pytest
from bosdyn.api import service_customization_pb2

from spot_webcam.tools.check.checks.parameters import another_value, evaluate_changed
from spot_webcam.tools.check.findings import Verdict
from tests.unit.tools.check.messages import Response, make_answer

Param = service_customization_pb2.CustomParam


def number(value: int) -> Any:
    return Param(int_value=service_customization_pb2.Int64Param(value=value))


def gain_spec(low: int, high: int) -> Any:
    spec = Param.Spec()
    spec.int_spec.min_value.value, spec.int_spec.max_value.value = low, high
    return spec


@pytest.mark.parametrize(("present", "other"), [(0, 9), (3, 9), (8, 0)])
def test_number_goes_to_the_end_that_is_farther(present: int, other: int) -> None:
    assert another_value(gain_spec(0, 9), number(present)) == number(other)


def test_number_with_one_value_or_without_an_end_has_no_other() -> None:
    assert another_value(gain_spec(3, 3), number(3)) is None
    endless = Param.Spec()
    endless.double_spec.max_value.value = 3.0
    assert another_value(endless, Param()) is None


def test_switches_and_lists_have_another() -> None:
    switch, menu = Param.Spec(), Param.Spec()
    switch.bool_spec.SetInParent()
    menu.string_spec.options.extend(["day", "night"])
    assert another_value(switch, Param()).bool_value.value is True
    day = another_value(switch, Param())
    day.string_value.value = "day"
    assert another_value(menu, day).string_value.value == "night"


def test_free_texts_and_nested_parameters_are_left_alone() -> None:
    text, nested = Param.Spec(), Param.Spec()
    text.string_spec.editable = True
    nested.dict_spec.SetInParent()
    assert another_value(text, Param()) is None
    assert another_value(nested, Param()) is None


def answer(gain: int | None = None) -> Any:
    made = make_answer()
    if gain is not None:
        made.shot.capture_params.custom_params.values["gain"].CopyFrom(number(gain))
    return made


@pytest.mark.parametrize(
    ("plain", "changed", "after", "verdict"),
    [
        (answer(3), answer(9), answer(3), None),
        (answer(), answer(), answer(), None),
        (answer(3), answer(3), answer(3), Verdict.WARN),
        (answer(3), answer(9), answer(9), Verdict.WARN),
        (answer(9), answer(9), answer(3), Verdict.WARN),
        (answer(3), Response(status=8), answer(3), Verdict.SKIP),
        (answer(3), Response(status=4), answer(3), Verdict.FAIL),
        (answer(3), answer(9), Response(status=4), Verdict.FAIL),
    ],
)
def test_value_is_reported_with_its_own_picture_alone(
    plain: Any, changed: Any, after: Any, verdict: Verdict | None
) -> None:
    found = evaluate_changed(plain, changed, after, "gain", number(9))
    assert (found and found.verdict) is verdict
