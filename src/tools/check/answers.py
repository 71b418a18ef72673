"""One answer, its picture and what it says of it, against what was asked for."""

import math
from collections.abc import Iterator
from typing import Any

from bosdyn.api import image_pb2

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.check.finding import Finding, failed, passed, warned
from spot_webcam.tools.check.listing import format_pairs, pair_name
from spot_webcam.tools.check.names import image_format_name, pixel_format_name, status_name
from spot_webcam.tools.check.pictures import Undecodable, decoded
from spot_webcam.tools.check.replies import acquired_ns, trouble
from spot_webcam.tools.check.target import SourceCheck, Target

Image = image_pb2.Image
OK = image_pb2.ImageResponse.STATUS_OK
_ONE_CHANNEL = (Image.PIXEL_FORMAT_GREYSCALE_U8,)


def ask(source: Any, **fields: Any) -> image_pb2.ImageRequest:
    """Return a request for a source."""
    return image_pb2.ImageRequest(image_source_name=source.name, **fields)


def judge_answer(answer: Any, request: Any, source: Any) -> Iterator[Finding]:
    """Yield all that is wrong with the answer to a request that can be served."""
    if answer.status != OK:
        yield failed(
            f"status {status_name(answer.status)}",
            "serve what is listed, or do not list it; look at the camera and the service's log",
        )
        return
    image = answer.shot.image
    if answer.source.name != source.name:
        yield failed(
            f"the answer's source is {answer.source.name!r}",
            "fill in source: who asks for many tells the answers apart by it",
        )
    if not acquired_ns(answer):
        yield failed("no acquisition time", "fill in acquisition_time, in robot time")
    yield from _formats(image, request)
    if not image.format or not image.pixel_format:
        return
    try:
        pixels = decoded(image)
    except Undecodable as error:
        yield failed(f"it does not decode: {error}", "make size, format and data agree")
        return
    grey = image.pixel_format in _ONE_CHANNEL
    if image.format == Image.FORMAT_JPEG and grey != (pixels.shape[2] == 1):
        yield warned(
            f"the JPEG has {pixels.shape[2]} channels and is said to be"
            f" {pixel_format_name(image.pixel_format)}",
            "encode grey as grey: it costs clients a third of the bytes"
            if grey
            else "say GREYSCALE_U8, or encode the colours",
        )
    if not request.resize_ratio and (image.cols, image.rows) != (source.cols, source.rows):
        yield warned(
            f"the picture is {image.cols}x{image.rows}, the source listed as"
            f" {source.cols}x{source.rows}",
            "list the size that the camera delivers",
        )


def _formats(image: Any, request: Any) -> Iterator[Finding]:
    wanted = request.image_format
    if image.format == Image.FORMAT_UNKNOWN or wanted not in (0, image.format):
        yield failed(
            f"the image format is {image_format_name(image.format)}",
            "always fill in the format of the data",
        )
    wanted = request.pixel_format
    if image.pixel_format == Image.PIXEL_FORMAT_UNKNOWN or wanted not in (0, image.pixel_format):
        yield failed(
            f"the pixel format is {pixel_format_name(image.pixel_format)}",
            "always fill in the pixel format of the data",
        )


def _open_request(target: Target, source: Any) -> Iterator[Finding]:
    target.clear_of_earlier_faults()
    request = ask(source)
    reply = target.get(request)
    problem = trouble(reply, 1)
    if problem is None and reply.response.image_responses[0].status != OK:
        message = reply.response.header.error.message
        status = status_name(reply.response.image_responses[0].status)
        problem = failed(
            f"status {status}{message and f': {message}'}", "look at the camera and its log"
        )
    if problem is not None:
        target.without_pictures.add(source.name)
        yield problem
        return
    [answer] = reply.response.image_responses
    found = list(judge_answer(answer, request, source))
    image = answer.shot.image
    got = f"{image.cols}x{image.rows} {pair_name(image.format, image.pixel_format)}"
    yield from found or [passed(f"{got}, {len(image.data)} bytes, in {reply.took_s * 1000:.0f} ms")]


def _listed_formats(target: Target, source: Any) -> Iterator[Finding]:
    for image_format, pixel_format in format_pairs(source):
        request = ask(
            source, image_format=image_format, pixel_format=pixel_format, quality_percent=75
        )
        reply = target.get(request)
        problem = trouble(reply, 1)
        name = pair_name(image_format, pixel_format)
        found = [problem] if problem else _of_answer(reply, request, source)
        for one in found:
            yield Finding(one.verdict, f"{name}: {one.reason}", one.advice)
        if not found:
            yield passed(f"{name} is what it says")


def _of_answer(reply: Any, request: Any, source: Any) -> list[Finding]:
    return list(judge_answer(reply.response.image_responses[0], request, source))


def _details(target: Target, source: Any) -> Iterator[Finding]:
    reply = target.get(ask(source))
    problem = trouble(reply, 1)
    if problem is not None:
        yield problem
        return
    yield from judge_details(reply.response.image_responses[0], source)


def judge_details(answer: Any, source: Any) -> Iterator[Finding]:
    """Judge what comes with a picture: the source, how it was taken, from where."""
    told = answer.source
    differing = [
        field
        for field in ("cols", "rows", "image_type", "pixel_formats", "image_formats")
        if getattr(told, field) != getattr(source, field)
    ]
    if differing:
        yield warned(
            f"source of the answer and of the list differ in {', '.join(differing)}",
            "send the same description with both",
        )
    settings = answer.shot.capture_params
    duration = settings.exposure_duration
    exposure_s = duration.seconds + duration.nanos / NANOSECONDS
    if exposure_s < 0 or not math.isfinite(settings.gain):
        yield failed(
            f"capture_params cannot be: {exposure_s:g} s of exposure, {settings.gain:g} dB of gain",
            "leave out what the camera does not tell",
        )
    frame = answer.shot.frame_name_image_sensor
    tree = answer.shot.transforms_snapshot.child_to_parent_edge_map
    if tree and frame not in tree:
        yield warned(
            f"the sensor's frame {frame!r} is not in transforms_snapshot",
            "add it, or leave the snapshot out: clients look the frame up there",
        )


OPEN_REQUEST = SourceCheck(
    "a picture", "a request for anything gets one", _open_request, needs_picture=False
)
LISTED_FORMATS = SourceCheck("listed formats", "all that is listed is served", _listed_formats)
DETAILS = SourceCheck("details", "source, settings and frames of an answer agree", _details)
