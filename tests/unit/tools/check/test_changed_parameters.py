"""Other parameters: which are tried, and what an answer to them must be."""

from collections.abc import Callable
from typing import Any

import pytest
from bosdyn.api import service_customization_pb2

from spot_webcam.tools.check.checks.parameters import (
    another_value,
    changed_parameters,
    evaluate_changed,
)
from spot_webcam.tools.check.findings import Finding, Verdict
from spot_webcam.tools.robot_clients.check_client import Reply
from tests.unit.tools.check.messages import (
    Response,
    jpeg_of,
    make_answer,
    make_reply,
    make_source,
    rgb_scene,
    verdicts,
)

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


class Service:
    """Answers each request by `answer`, whose argument is whether the request has parameters."""

    def __init__(self, answer: Callable[[bool], Any]) -> None:
        self._answer = answer

    def get_answers(self, *requests: Any) -> Reply:
        answers = [self._answer(request.HasField("custom_params")) for request in requests]
        return make_reply(list(requests), answers)


def found_with(answer: Callable[[bool], Any]) -> list[Finding]:
    source = make_source()
    source.custom_params.specs["gain"].spec.CopyFrom(gain_spec(0, 9))
    target: Any = Service(answer)
    return list(changed_parameters.run(target, source))


def test_pictures_that_change_with_a_parameter_pass() -> None:
    bright = jpeg_of(rgb_scene() // 2)
    found = found_with(lambda has: make_answer(data=bright) if has else make_answer())
    assert verdicts(found) == [Verdict.PASS]


def test_pictures_that_are_the_same_with_each_parameter_are_warned_of() -> None:
    [found] = found_with(lambda _: make_answer())
    assert found.verdict is Verdict.WARN
    assert "the picture is the same whatever is set (1 tried)" in found.reason


def test_pictures_that_do_not_decode_are_not_the_fault_of_parameters() -> None:
    found = found_with(lambda _: make_answer(data=b""))
    assert verdicts(found) == [Verdict.SKIP, Verdict.SKIP]
    assert found[1].reason == "no pictures could be compared (1 tried)"


def test_missing_pictures_are_not_taken_for_the_same() -> None:
    found = found_with(lambda has: Response(status=4) if has else make_answer())
    assert verdicts(found) == [Verdict.FAIL, Verdict.SKIP]
