"""Checks of single answers: status, formats, sizes, quality and description."""

import math
from collections.abc import Iterator
from typing import Any

from bosdyn.api import image_pb2

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.check.decoding import Undecodable, decoded
from spot_webcam.tools.check.findings import (
    CheckFailed,
    Finding,
    Verdict,
    failed,
    image_format_name,
    passed,
    pixel_format_name,
    skipped,
    status_name,
    warned,
)
from spot_webcam.tools.check.replies import acquired_ns, call_problem
from spot_webcam.tools.check.service import OK, ServiceUnderTest, ask, source_check

Image = image_pb2.Image
_GREY = (Image.PIXEL_FORMAT_GREYSCALE_U8,)
RATIOS = (1.0, 0.5, 0.3, 0.01)
# Rounding, up or down.
_TOLERANCE_PX = 1
UNSUPPORTED = image_pb2.ImageResponse.STATUS_UNSUPPORTED_RESIZE_RATIO_REQUESTED
_LOW_PERCENT, _HIGH_PERCENT = 10.0, 95.0


@source_check("a picture", "a request for anything gets one", needs_picture=False)
def open_request(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Request a picture without further wishes; without one, later checks skip the source."""
    target.attribute_earlier_faults()
    request = ask(source)
    reply = target.get(request)
    problem = call_problem(reply, 1)
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
    found = list(evaluate_answer(answer, request, source))
    if any(finding.verdict is Verdict.FAIL for finding in found):
        target.wrong_alone.add(source.name)
    image = answer.shot.image
    got = f"{image.cols}x{image.rows} {pair_name(image.format, image.pixel_format)}"
    yield from found or [passed(f"{got}, {len(image.data)} bytes, in {reply.took_s * 1000:.0f} ms")]


@source_check("listed formats", "all that is listed is served")
def listed_formats(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Request each listed image format with each listed pixel format."""
    for image_format, pixel_format in format_pairs(source):
        request = ask(
            source, image_format=image_format, pixel_format=pixel_format, quality_percent=75
        )
        name = pair_name(image_format, pixel_format)
        try:
            [answer] = target.get_answers(request).response.image_responses
        except CheckFailed as error:
            yield error.finding.of(name)
            continue
        found = [finding.of(name) for finding in evaluate_answer(answer, request, source)]
        yield from found or [passed(f"{name} is what it says")]


@source_check("details", "source, settings and frames of an answer agree")
def details(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Request a picture, and evaluate everything that comes with it."""
    reply = target.get_answers(ask(source))
    yield from evaluate_details(reply.response.image_responses[0], source)


@source_check("resizing", "sizes are those of the ratio, and those reported")
def resizing(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Request each image format with several ratios."""
    image = target.get_answers(ask(source)).response.image_responses[0].shot.image
    for image_format in source.image_formats or [Image.FORMAT_UNKNOWN]:
        wrong = list(_wrong_sizes(target, source, image_format, (image.cols, image.rows)))
        name = image_format_name(image_format)
        for finding in wrong:
            yield Finding(finding.verdict, f"{name}, {finding.reason}", finding.advice)
        if not wrong:
            ratios = ", ".join(f"{ratio:g}" for ratio in RATIOS)
            yield passed(f"{name} has the sizes of {ratios}")


@source_check("quality", "a lower quality makes a smaller JPEG")
def quality(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Request a JPEG of low and one of high quality."""
    if source.image_formats and Image.FORMAT_JPEG not in source.image_formats:
        yield skipped("it has no JPEG")
        return
    reply = target.get_answers(
        *(
            ask(source, image_format=Image.FORMAT_JPEG, quality_percent=percent)
            for percent in (_LOW_PERCENT, _HIGH_PERCENT)
        )
    )
    low, high = (len(answer.shot.image.data) for answer in reply.response.image_responses)
    yield evaluate_quality(low, high)


def evaluate_answer(answer: Any, request: Any, source: Any) -> Iterator[Finding]:
    """Evaluate the answer to a request that can be served; yields problems only."""
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
    yield from _evaluate_formats(image, request)
    if not image.format or not image.pixel_format:
        return
    try:
        pixels = decoded(image)
    except Undecodable as error:
        yield failed(f"it does not decode: {error}", "make size, format and data agree")
        return
    grey = image.pixel_format in _GREY
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


def _evaluate_formats(image: Any, request: Any) -> Iterator[Finding]:
    if not image.format or request.image_format not in (0, image.format):
        yield failed(
            f"the image format is {image_format_name(image.format)}",
            "always fill in the format of the data",
        )
    if not image.pixel_format or request.pixel_format not in (0, image.pixel_format):
        yield failed(
            f"the pixel format is {pixel_format_name(image.pixel_format)}",
            "always fill in the pixel format of the data",
        )


def evaluate_details(answer: Any, source: Any) -> Iterator[Finding]:
    """Evaluate source, settings and frames that come with a picture; yields problems only."""
    differing = [
        field
        for field in ("cols", "rows", "image_type", "pixel_formats", "image_formats")
        if getattr(answer.source, field) != getattr(source, field)
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


def format_pairs(source: Any) -> list[tuple[int, int]]:
    """Return the image and pixel formats to request, 0 where a source does not list any."""
    pairs = [
        (image_format, pixel_format)
        for image_format in source.image_formats or [0]
        for pixel_format in source.pixel_formats or [0]
    ]
    return list(dict.fromkeys(pairs))


def pair_name(image_format: int, pixel_format: int) -> str:
    """Return a name such as `JPEG RGB_U8`."""
    return f"{image_format_name(image_format)} {pixel_format_name(pixel_format)}"


def _wrong_sizes(
    target: ServiceUnderTest, source: Any, image_format: int, full: tuple[int, int]
) -> Iterator[Finding]:
    for ratio in RATIOS:
        try:
            reply = target.get_answers(ask(source, image_format=image_format, resize_ratio=ratio))
        except CheckFailed as error:
            yield error.finding.of(f"ratio {ratio:g}")
            continue
        [answer] = reply.response.image_responses
        if answer.status == UNSUPPORTED:
            target.without_resizing.add(source.name)
        problem = evaluate_resized(answer, ratio, full)
        if problem is not None:
            yield problem.of(f"ratio {ratio:g}")


def evaluate_resized(answer: Any, ratio: float, full: tuple[int, int]) -> Finding | None:
    """Return the problem of a resized picture; `full` is `(cols, rows)` without resizing."""
    if answer.status == UNSUPPORTED:
        return warned("it does not resize", "resize: the robot's radio link is narrow")
    if answer.status != OK:
        return failed(f"status {status_name(answer.status)}", "see the service's log")
    image = answer.shot.image
    try:
        decoded(image)
    except Undecodable as error:
        return failed(
            f"it does not decode: {error}", "make format and data agree, and tell its own size"
        )
    size = (image.cols, image.rows)
    wanted = tuple(side * ratio for side in full)
    if all(abs(a - b) <= _TOLERANCE_PX for a, b in zip(size, wanted, strict=True)):
        return None
    if size == full:
        return failed(
            "the ratio is ignored", "resize, or answer UNSUPPORTED_RESIZE_RATIO_REQUESTED"
        )
    return failed(
        f"{size[0]}x{size[1]} instead of {wanted[0]:g}x{wanted[1]:g}",
        "multiply both sides of the full picture by the ratio, and keep its aspect",
    )


def evaluate_quality(low: int, high: int) -> Finding:
    """Evaluate the bytes of a JPEG of low and of one of high quality."""
    if not low or not high:
        return failed("a JPEG is missing", "serve every quality from 1 to 100")
    sizes = f"{low} bytes at {_LOW_PERCENT:g} %, {high} at {_HIGH_PERCENT:g} %"
    if low < high:
        return passed(sizes)
    return warned(
        f"the quality is ignored: {sizes}",
        "encode as asked where that saves bytes (of a flat picture it may not): radio links are"
        " narrow",
    )
