"""What clients at once get, against what one alone gets."""

from typing import Any

import pytest
from bosdyn.api import header_pb2

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.check.checks.clients import ClientCall, evaluate_concurrent
from spot_webcam.tools.check.findings import Finding, Verdict
from spot_webcam.tools.robot_clients.check_client import Reply
from tests.unit.tools.check.messages import (
    NOW_NS,
    Image,
    Response,
    failed_reply,
    make_answer,
    make_reply,
    make_request,
)


def asked(
    answer: Any = None,
    took_s: float = 0.01,
    after_s: float = 0.0,
    age_s: float = 0.0,
    **fields: Any,
) -> ClientCall:
    """A call `after_s` after the others, for a picture of `age_s` before it was sent."""
    request = make_request(**fields)
    answer = Response.FromString((answer or make_answer()).SerializeToString())
    sent_ns = NOW_NS + int(after_s * NANOSECONDS)
    answer.shot.acquisition_time.FromNanoseconds(sent_ns - int(age_s * NANOSECONDS))
    reply = make_reply([request], [answer])
    arrived_ns = sent_ns + int(took_s * NANOSECONDS)
    return ClientCall(request, Reply(reply.request, reply.response, sent_ns, arrived_ns))


def evaluate(*together: ClientCall, alone: ClientCall | None = None) -> Finding:
    return evaluate_concurrent([alone or asked()], together, 2)


@pytest.mark.parametrize(
    ("together", "verdict"),
    [
        ([asked(), asked()], Verdict.PASS),
        ([asked(), asked(took_s=3.0)], Verdict.WARN),
        ([asked(), asked(Response(status=4))], Verdict.FAIL),
        ([asked(), ClientCall(make_request(), failed_reply("INTERNAL"))], Verdict.FAIL),
    ],
)
def test_clients_at_once_are_judged_by_the_worst(together: Any, verdict: Verdict) -> None:
    assert evaluate(*together).verdict is verdict


def test_what_one_alone_gets_wrong_is_not_blamed_on_the_clients() -> None:
    wrong = asked(make_answer(format=0))
    assert evaluate(wrong, alone=wrong).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "dead", [ClientCall(make_request(), failed_reply("UNAVAILABLE")), asked(Response(status=4))]
)
def test_service_that_is_dead_for_one_alone_has_not_passed(dead: ClientCall) -> None:
    found = evaluate(dead, alone=dead)
    assert found.verdict is Verdict.FAIL
    assert "one client alone" in found.reason


def test_picture_of_another_request_is_reported() -> None:
    found = evaluate(asked(make_answer(cols=32, rows=24)))
    assert "front 32x24 JPEG RGB_U8, and front 64x48 JPEG RGB_U8 for one alone" in found.reason
    grey = make_answer(pixel_format=Image.PIXEL_FORMAT_GREYSCALE_U8)
    assert evaluate(asked(grey)).verdict is Verdict.FAIL


def test_header_of_another_call_is_reported_unless_headers_are_wrong_anyway() -> None:
    other = asked()
    other.reply.response.header.request_header.CopyFrom(header_pb2.RequestHeader())
    assert "another call's" in evaluate(other).reason
    assert evaluate(other, alone=other).verdict is Verdict.PASS


def test_older_picture_than_another_client_had_got_is_reported() -> None:
    found = evaluate(asked(after_s=1.0), asked(after_s=1.1, age_s=0.4))
    assert "0.300 s older" in found.reason


def test_overlapping_calls_may_get_either_picture() -> None:
    together = asked(after_s=1.0, took_s=0.2), asked(after_s=1.1, age_s=0.4)
    assert evaluate(*together).verdict is Verdict.PASS


def test_formats_may_be_of_different_frames() -> None:
    raw = {"image_format": Image.FORMAT_RAW}
    jpegs, older = (asked(after_s=1.0), asked(after_s=1.1, age_s=0.9, **raw))
    found = evaluate_concurrent([asked(), asked(age_s=0.9, **raw)], [jpegs, older], 2)
    assert found.verdict is Verdict.PASS
