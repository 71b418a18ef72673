"""Bad requests, parameters, order, many clients, data acquisition: the judgements."""

from typing import Any

import pytest
from bosdyn.api import image_pb2, service_customization_pb2

from spot_webcam.tools.check.checks.clients import evaluate_order
from spot_webcam.tools.check.checks.parameters import evaluate_echo, evaluate_spec
from spot_webcam.tools.check.checks.requests import BadRequest, evaluate_fallback, evaluate_refusal
from spot_webcam.tools.check.checks.robot import evaluate_offer, evaluate_outcome
from spot_webcam.tools.check.findings import Verdict
from tests.unit.tools.check.messages import (
    Response,
    make_answer,
    make_reply,
    make_request,
    make_source,
)

Image = image_pb2.Image


def test_bad_request_is_right_with_its_own_status_alone() -> None:
    bad = BadRequest("ratio 2", make_request(), (7, 5))
    assert evaluate_refusal(bad, 7) is None
    found = evaluate_refusal(bad, 1)
    assert found is not None
    assert "ratio 2: OK instead of UNSUPPORTED_RESIZE_RATIO_REQUESTED or" in found.reason


def test_fallback_is_used_or_not() -> None:
    assert evaluate_fallback(make_answer(), Image.PIXEL_FORMAT_RGB_U8).verdict is Verdict.PASS
    assert evaluate_fallback(make_answer(), Image.PIXEL_FORMAT_RGBA_U8).verdict is Verdict.FAIL
    assert evaluate_fallback(Response(status=6), 3).verdict is Verdict.FAIL


def source_with_gain(lowest: int, highest: int) -> Any:
    source = make_source()
    gain = source.custom_params.specs["gain"].spec.int_spec
    gain.min_value.value, gain.max_value.value = lowest, highest
    return source


def test_spec_is_judged_by_the_sdk() -> None:
    assert evaluate_spec(make_source()).verdict is Verdict.SKIP
    assert evaluate_spec(source_with_gain(0, 9)).verdict is Verdict.PASS
    assert evaluate_spec(source_with_gain(9, 0)).verdict is Verdict.FAIL


def test_parameters_are_reported_or_not() -> None:
    given = service_customization_pb2.DictParam()
    given.values["gain"].int_value.value = 3
    answer = make_answer()
    assert evaluate_echo(answer, given).verdict is Verdict.WARN
    answer.shot.capture_params.custom_params.CopyFrom(given)
    assert evaluate_echo(answer, given).verdict is Verdict.PASS
    refused, late = (
        evaluate_echo(Response(status=8), given),
        evaluate_echo(Response(status=4), given),
    )
    assert (refused.verdict, refused.advice) == (Verdict.FAIL, "accept what the spec allows")
    assert (late.verdict, late.advice[:24]) == (Verdict.FAIL, "take the picture in time")


def test_order_is_that_of_names_and_sizes() -> None:
    requests = [make_request(resize_ratio=ratio) for ratio in (0.2, 0.1)]
    large, small = make_answer(cols=12), make_answer(cols=6)
    assert evaluate_order(make_reply(requests, [large, small])).verdict is Verdict.PASS
    assert evaluate_order(make_reply(requests, [small, large])).verdict is Verdict.FAIL
    other = make_answer()
    other.source.name = "back"
    assert "got back, front" in evaluate_order(make_reply(requests, [other, small])).reason


def test_source_must_be_offered_by_data_acquisition() -> None:
    assert evaluate_offer({"front", "back"}, "front") is None
    for offered in (None, {"back"}):
        found = evaluate_offer(offered, "front")
        assert found is not None
        assert found.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("outcome", "stored", "verdict"),
    [
        (("COMPLETE", ""), 1, Verdict.PASS),
        (("COMPLETE", ""), 0, Verdict.FAIL),
        (("COMPLETE", ""), 2, Verdict.WARN),
        (("DATA_ERROR", "no picture"), 0, Verdict.FAIL),
        (None, 0, Verdict.FAIL),
    ],
)
def test_acquisition_must_end_with_a_stored_picture(
    outcome: tuple[str, str] | None, stored: int, verdict: Verdict
) -> None:
    assert evaluate_outcome(outcome, stored, 10.0).verdict is verdict
