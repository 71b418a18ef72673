"""Checks of bad requests: each gets its own status, and affects nothing else."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bosdyn.api import image_pb2

from spot_webcam.tools.check.checks.parameters import invalid_values
from spot_webcam.tools.check.findings import (
    CheckFailed,
    Finding,
    failed,
    passed,
    skipped,
    status_name,
)
from spot_webcam.tools.check.replies import call_problem
from spot_webcam.tools.check.service import (
    OK,
    ServiceUnderTest,
    SourceCheck,
    ask,
    service_check,
    source_check,
)

Image = image_pb2.Image
Response = image_pb2.ImageResponse
_NO_SOURCE = "no such source"
# A number that no release of the API defines.
_NO_FORMAT = 99
# Maximum number of requests with invalid parameters of one source.
MAX_REQUESTS = 40
_CAMERA_ERRORS = (Response.STATUS_IMAGE_DATA_ERROR, Response.STATUS_SOURCE_DATA_ERROR)
_PARAMETER_ERROR = (Response.STATUS_CUSTOM_PARAMS_ERROR,)


@dataclass(frozen=True, slots=True)
class BadRequest:
    """A request, and the statuses that are right answers to it."""

    title: str
    request: image_pb2.ImageRequest
    statuses: tuple[int, ...]


@source_check("fallback", "fallback formats are used")
def fallback(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Request an unknown pixel format with a fallback."""
    if not source.pixel_formats:
        yield skipped("it does not tell its pixel formats")
        return
    target.attribute_earlier_faults()
    wanted = source.pixel_formats[-1]
    reply = target.get(ask(source, pixel_format=_NO_FORMAT, fallback_formats=[_NO_FORMAT, wanted]))
    target.attribute_faults("a request with fallback formats")
    yield call_problem(reply, 1) or evaluate_fallback(reply.response.image_responses[0], wanted)


@service_check("bad source", "an unknown source is answered UNKNOWN_CAMERA")
def unknown_source(target: ServiceUnderTest) -> Iterator[Finding]:
    """Request unknown sources."""
    for name in (_NO_SOURCE, ""):
        request = image_pb2.ImageRequest(image_source_name=name)
        bad = BadRequest(f"source {name!r}", request, (Response.STATUS_UNKNOWN_CAMERA,))
        yield from _problems(target, bad)


@source_check("bad among good", "a bad request damages only its own answer")
def bad_among_good(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Mix bad and good requests in one call."""
    good = ask(source)
    bad = ask(source, pixel_format=_NO_FORMAT)
    unknown = image_pb2.ImageRequest(image_source_name=_NO_SOURCE)
    target.attribute_earlier_faults()
    reply = target.get(good, bad, good, unknown, good)
    target.attribute_faults("bad requests among good ones")
    problem = call_problem(reply, 5)
    if problem is not None:
        raise CheckFailed(problem)
    statuses = [answer.status for answer in reply.response.image_responses[::2]]
    if any(status != OK for status in statuses):
        names = ", ".join(dict.fromkeys(status_name(status) for status in statuses))
        is_camera = all(status in (OK, *_CAMERA_ERRORS) for status in statuses)
        advice = "look at the camera and its log" if is_camera else "judge each request by itself"
        yield failed(f"good requests are answered {names}", advice)


def _bad_image_formats(source: Any) -> Iterator[BadRequest]:
    statuses = (Response.STATUS_UNSUPPORTED_IMAGE_FORMAT_REQUESTED,)
    yield BadRequest("image format 99", ask(source, image_format=_NO_FORMAT), statuses)


def _bad_pixel_formats(source: Any) -> Iterator[BadRequest]:
    statuses = (Response.STATUS_UNSUPPORTED_PIXEL_FORMAT_REQUESTED,)
    yield BadRequest("pixel format 99", ask(source, pixel_format=_NO_FORMAT), statuses)
    visual = source.image_type == image_pb2.ImageSource.IMAGE_TYPE_VISUAL
    if visual and Image.PIXEL_FORMAT_DEPTH_U16 not in source.pixel_formats:
        request = ask(source, pixel_format=Image.PIXEL_FORMAT_DEPTH_U16)
        yield BadRequest("DEPTH_U16", request, statuses)


def _bad_ratios(source: Any) -> Iterator[BadRequest]:
    statuses = (Response.STATUS_UNSUPPORTED_RESIZE_RATIO_REQUESTED,)
    for ratio in (-0.5, 1.5, math.nan, math.inf):
        yield BadRequest(f"ratio {ratio:g}", ask(source, resize_ratio=ratio), statuses)


def _bad_qualities(source: Any) -> Iterator[BadRequest]:
    # The API has no status for a bad quality: the service should choose a valid one.
    jpeg = Image.FORMAT_JPEG if Image.FORMAT_JPEG in source.image_formats else 0
    for quality in (-5.0, 500.0, math.nan):
        request = ask(source, image_format=jpeg, quality_percent=quality)
        yield BadRequest(f"quality {quality:g}", request, (OK,))


def bad_parameters(source: Any) -> Iterator[BadRequest]:
    """Yield requests with an unknown parameter and with values that the spec does not allow."""
    request = ask(source)
    request.custom_params.values["no such parameter"].int_value.value = 1
    has_parameters = source.HasField("custom_params")
    statuses = _PARAMETER_ERROR if has_parameters else (*_PARAMETER_ERROR, OK)
    yield BadRequest("an unknown parameter", request, statuses)
    count = 1
    for name, child in sorted(source.custom_params.specs.items()):
        for text, value in invalid_values(child.spec):
            if count == MAX_REQUESTS:
                return
            count += 1
            request = ask(source)
            request.custom_params.values[name].CopyFrom(value)
            yield BadRequest(f"{name}={text}", request, _PARAMETER_ERROR)


def _check(
    name: str, verifies: str, bad_requests: "Callable[[Any], Iterator[BadRequest]]"
) -> SourceCheck:
    def run(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
        for bad in bad_requests(source):
            yield from _problems(target, bad)

    return SourceCheck(name, verifies, run)


BAD_REQUESTS = (
    _check("bad image format", "it is answered UNSUPPORTED_IMAGE_FORMAT", _bad_image_formats),
    _check("bad pixel format", "it is answered UNSUPPORTED_PIXEL_FORMAT", _bad_pixel_formats),
    _check("bad ratio", "it is answered UNSUPPORTED_RESIZE_RATIO", _bad_ratios),
    _check("bad quality", "the picture comes in some quality", _bad_qualities),
    _check("bad parameters", "they are refused, where there are any to set", bad_parameters),
)


def _problems(target: ServiceUnderTest, bad: BadRequest) -> Iterator[Finding]:
    target.attribute_earlier_faults()
    reply = target.get(bad.request)
    target.attribute_faults(f"a request for {bad.title}")
    problem = call_problem(reply, 1)
    if problem is not None:
        yield problem.of(bad.title)
        return
    [answer] = reply.response.image_responses
    if (
        answer.status == Response.STATUS_CUSTOM_PARAMS_ERROR
        and not answer.custom_param_error.status
    ):
        yield failed(
            f"{bad.title}: the answer has no custom_param_error",
            "fill it in: it says which parameter is wrong, and why",
        )
        return
    problem = evaluate_refusal(bad, answer.status)
    if problem is not None:
        yield problem


def evaluate_refusal(bad: BadRequest, status: int) -> Finding | None:
    """Return the problem if a bad request got a wrong status."""
    if status in bad.statuses:
        return None
    wanted = " or ".join(status_name(number) for number in bad.statuses)
    return failed(
        f"{bad.title}: {status_name(status)} instead of {wanted}",
        "answer it by that status inside of a header of CODE_OK; raise nothing",
    )


def evaluate_fallback(answer: Any, wanted: int) -> Finding:
    """Evaluate the answer to an unknown pixel format with a known one as fallback."""
    if answer.status == OK and answer.shot.image.pixel_format == wanted:
        return passed("the fallback is used")
    if answer.status in _CAMERA_ERRORS:
        return failed(f"status {status_name(answer.status)}", "look at the camera and its log")
    return failed(
        f"fallback_formats are ignored: {status_name(answer.status)}",
        "serve the first of fallback_formats that the source has",
    )
