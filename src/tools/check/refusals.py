"""Bad requests: each answered by its status, none of them anybody else's trouble."""

import math
from collections.abc import Callable, Iterator
from typing import Any

from bosdyn.api import image_pb2

from spot_webcam.tools.check.answers import OK, ask
from spot_webcam.tools.check.bad_parameters import bad_parameters
from spot_webcam.tools.check.bad_request import BadRequest, judge_refusal
from spot_webcam.tools.check.finding import Finding, failed, passed, skipped
from spot_webcam.tools.check.names import status_name
from spot_webcam.tools.check.replies import trouble
from spot_webcam.tools.check.target import ServiceCheck, SourceCheck, Target

Image = image_pb2.Image
Response = image_pb2.ImageResponse
_NO_SUCH = "no such source"
# A number that no release of the API knows.
_NO_FORMAT = 99
_OF_THE_CAMERA = (Response.STATUS_IMAGE_DATA_ERROR, Response.STATUS_SOURCE_DATA_ERROR)


def _formats(source: Any) -> Iterator[BadRequest]:
    statuses = (Response.STATUS_UNSUPPORTED_IMAGE_FORMAT_REQUESTED,)
    yield BadRequest("image format 99", ask(source, image_format=_NO_FORMAT), statuses)


def _pixel_formats(source: Any) -> Iterator[BadRequest]:
    statuses = (Response.STATUS_UNSUPPORTED_PIXEL_FORMAT_REQUESTED,)
    yield BadRequest("pixel format 99", ask(source, pixel_format=_NO_FORMAT), statuses)
    visual = source.image_type == image_pb2.ImageSource.IMAGE_TYPE_VISUAL
    if visual and Image.PIXEL_FORMAT_DEPTH_U16 not in source.pixel_formats:
        request = ask(source, pixel_format=Image.PIXEL_FORMAT_DEPTH_U16)
        yield BadRequest("DEPTH_U16", request, statuses)


def _ratios(source: Any) -> Iterator[BadRequest]:
    statuses = (Response.STATUS_UNSUPPORTED_RESIZE_RATIO_REQUESTED,)
    for ratio in (-0.5, 1.5, math.nan, math.inf):
        yield BadRequest(f"ratio {ratio:g}", ask(source, resize_ratio=ratio), statuses)


def _qualities(source: Any) -> Iterator[BadRequest]:
    # The API has no status for it: the service is to make something of it.
    for quality in (-5.0, 500.0, math.nan):
        request = ask(source, image_format=_jpeg_or_any(source), quality_percent=quality)
        yield BadRequest(f"quality {quality:g}", request, (OK,))


def _jpeg_or_any(source: Any) -> int:
    jpeg: int = Image.FORMAT_JPEG
    return jpeg if jpeg in source.image_formats else 0


def _check(
    name: str, verifies: str, make: "Callable[[Any], Iterator[BadRequest]]"
) -> "SourceCheck":
    def run(target: Target, source: Any) -> Iterator[Finding]:
        for bad in make(source):
            problem = _asked(target, bad)
            if problem is not None:
                yield problem

    return SourceCheck(name, verifies, run)


def _asked(target: Target, bad: BadRequest) -> Finding | None:
    target.clear_of_earlier_faults()
    reply = target.get(bad.request)
    target.blame_for_faults(f"a request for {bad.title}")
    problem = trouble(reply, 1)
    if problem is not None:
        return failed(f"{bad.title}: {problem.reason}", problem.advice)
    [answer] = reply.response.image_responses
    if (
        answer.status == Response.STATUS_CUSTOM_PARAMS_ERROR
        and not answer.custom_param_error.status
    ):
        return failed(
            f"{bad.title}: the answer has no custom_param_error",
            "fill it in: it says which parameter is wrong, and why",
        )
    return judge_refusal(bad, answer.status)


def _unknown_source(target: Target) -> Iterator[Finding]:
    for name in (_NO_SUCH, ""):
        request = image_pb2.ImageRequest(image_source_name=name)
        bad = BadRequest(f"source {name!r}", request, (Response.STATUS_UNKNOWN_CAMERA,))
        problem = _asked(target, bad)
        if problem is not None:
            yield problem


def _among_good(target: Target, source: Any) -> Iterator[Finding]:
    good = ask(source)
    bad = ask(source, pixel_format=_NO_FORMAT)
    unknown = image_pb2.ImageRequest(image_source_name=_NO_SUCH)
    target.clear_of_earlier_faults()
    reply = target.get(good, bad, good, unknown, good)
    target.blame_for_faults("bad requests among good ones")
    problem = trouble(reply, 5)
    if problem is not None:
        yield problem
        return
    statuses = [one.status for one in reply.response.image_responses]
    if not all(statuses[place] == OK for place in (0, 2, 4)):
        told = ", ".join(dict.fromkeys(status_name(statuses[place]) for place in (0, 2, 4)))
        yield failed(f"good requests are answered {told}", "judge each request by itself")


def judge_fallback(answer: Any, wanted: int) -> Finding:
    """Judge the answer to a pixel format that there is not, with a fallback that there is."""
    if answer.status == OK and answer.shot.image.pixel_format == wanted:
        return passed("the fallback is used")
    if answer.status in _OF_THE_CAMERA:
        return failed(f"status {status_name(answer.status)}", "look at the camera and its log")
    return failed(
        f"fallback_formats are ignored: {status_name(answer.status)}",
        "serve the first of fallback_formats that the source has",
    )


def _fallback(target: Target, source: Any) -> Iterator[Finding]:
    if not source.pixel_formats:
        yield skipped("it does not tell its pixel formats")
        return
    target.clear_of_earlier_faults()
    wanted = source.pixel_formats[-1]
    reply = target.get(ask(source, pixel_format=_NO_FORMAT, fallback_formats=[_NO_FORMAT, wanted]))
    target.blame_for_faults("a request with fallback formats")
    yield trouble(reply, 1) or judge_fallback(reply.response.image_responses[0], wanted)


UNKNOWN_SOURCE = ServiceCheck(
    "bad source", "an unknown source is answered UNKNOWN_CAMERA", _unknown_source
)
BAD_REQUESTS = (
    _check("bad image format", "it is answered UNSUPPORTED_IMAGE_FORMAT", _formats),
    _check("bad pixel format", "it is answered UNSUPPORTED_PIXEL_FORMAT", _pixel_formats),
    _check("bad ratio", "it is answered UNSUPPORTED_RESIZE_RATIO", _ratios),
    _check("bad quality", "the picture comes in some quality", _qualities),
    _check("bad parameters", "they are refused, where there are any to set", bad_parameters),
)
AMONG_GOOD = SourceCheck("bad among good", "a bad request spoils only itself", _among_good)
FALLBACK = SourceCheck("fallback", "fallback formats are used", _fallback)
