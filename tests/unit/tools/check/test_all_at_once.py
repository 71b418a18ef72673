from spot_webcam.tools.check.checks.clients import evaluate_all
from spot_webcam.tools.check.findings import Verdict
from tests.unit.tools.check.messages import (
    Response,
    failed_reply,
    make_answer,
    make_reply,
    make_request,
    make_source,
)

SOURCES = (make_source(), make_source())
REQUESTS = [make_request(), make_request()]


def test_picture_of_each_passes() -> None:
    reply = make_reply(REQUESTS, [make_answer(), make_answer()])
    assert evaluate_all(reply, SOURCES).verdict is Verdict.PASS


def test_one_that_is_missing_fails() -> None:
    reply = make_reply(REQUESTS, [make_answer(), Response(status=4)])
    assert evaluate_all(reply, SOURCES).verdict is Verdict.FAIL
    assert evaluate_all(make_reply(REQUESTS, [make_answer()]), SOURCES).verdict is Verdict.FAIL


def test_reason_of_the_service_is_shown() -> None:
    reply = make_reply(REQUESTS, [make_answer(), Response(status=4)])
    reply.response.header.error.message = "front: no new picture"
    assert "IMAGE_DATA_ERROR: front: no new picture" in evaluate_all(reply, SOURCES).reason


def test_what_is_wrong_alone_is_no_matter_of_many_at_once() -> None:
    damaged = make_reply(REQUESTS, [make_answer(), make_answer(data=b"")])
    missing = make_reply(REQUESTS, [make_answer(), Response(status=4)])
    assert evaluate_all(damaged, SOURCES).verdict is Verdict.FAIL
    assert evaluate_all(damaged, SOURCES, {"front"}).verdict is Verdict.PASS
    assert evaluate_all(missing, SOURCES, {"front"}).verdict is Verdict.FAIL


def test_no_answer_fails_and_one_that_is_too_large_is_warned_of() -> None:
    assert evaluate_all(failed_reply("UNKNOWN"), SOURCES).verdict is Verdict.FAIL
    assert evaluate_all(failed_reply("RESOURCE_EXHAUSTED"), SOURCES).verdict is Verdict.WARN
