import pytest
from bosdyn.api import header_pb2

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.check.findings import Verdict
from spot_webcam.tools.check.replies import call_problem, evaluate_header
from tests.unit.tools.check.messages import (
    NOW_NS,
    failed_reply,
    make_answer,
    make_reply,
    make_request,
    reasons,
)

SKEW_NS = 420 * NANOSECONDS


def test_answered_call_is_no_trouble() -> None:
    assert call_problem(make_reply([make_request()], [make_answer()]), 1) is None


@pytest.mark.parametrize("code", ["DEADLINE_EXCEEDED", "UNKNOWN", "PERMISSION_DENIED", "DATA_LOSS"])
def test_grpc_error_fails_and_says_what_to_do(code: str) -> None:
    problem = call_problem(failed_reply(code, "some\n  details"), 1)
    assert problem is not None
    assert problem.verdict is Verdict.FAIL
    assert f"{code} after 1.0 s: some details" in problem.reason
    assert problem.advice


@pytest.mark.parametrize("code", ["CODE_UNSPECIFIED", "CODE_INTERNAL_SERVER_ERROR"])
def test_error_of_the_header_fails(code: str) -> None:
    reply = make_reply([make_request()], [make_answer()])
    reply.response.header.error.code = header_pb2.CommonError.Code.Value(code)
    problem = call_problem(reply, 1)
    assert problem is not None
    assert code in problem.reason


def test_too_few_answers_fail() -> None:
    problem = call_problem(make_reply([make_request(), make_request()], [make_answer()]), 2)
    assert problem is not None
    assert "1 answers to 2 requests" in problem.reason


@pytest.mark.parametrize("clock_ns", [NOW_NS, NOW_NS - SKEW_NS])
def test_header_may_have_either_clock(clock_ns: int) -> None:
    reply = make_reply([], [], service_clock_ns=clock_ns)
    assert list(evaluate_header(reply, SKEW_NS)) == []


def test_header_of_a_wrong_clock_is_reported() -> None:
    reply = make_reply([], [], service_clock_ns=NOW_NS + 30 * NANOSECONDS)
    assert "off by 30.0 s" in reasons(evaluate_header(reply, SKEW_NS))


def test_header_without_what_belongs_there_is_reported() -> None:
    reply = make_reply([], [])
    reply.response.header.request_header.Clear()
    reply.response.header.ClearField("response_timestamp")
    found = reasons(evaluate_header(reply, SKEW_NS))
    assert "does not repeat the request's header" in found
    assert "response_timestamp is not set" in found


def test_header_that_answers_before_it_was_asked_is_reported() -> None:
    reply = make_reply([], [])
    reply.response.header.response_timestamp.FromNanoseconds(NOW_NS - 1)
    assert "before it had received" in reasons(evaluate_header(reply, SKEW_NS))
