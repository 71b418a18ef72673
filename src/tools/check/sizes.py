"""Resizing and quality."""

from collections.abc import Iterator
from typing import Any

from bosdyn.api import image_pb2

from spot_webcam.tools.check.answers import OK, ask
from spot_webcam.tools.check.finding import Finding, failed, passed, skipped, warned
from spot_webcam.tools.check.names import image_format_name, status_name
from spot_webcam.tools.check.pictures import Undecodable, decoded
from spot_webcam.tools.check.replies import trouble
from spot_webcam.tools.check.target import SourceCheck, Target

Image = image_pb2.Image
RATIOS = (1.0, 0.5, 0.3, 0.01)
# Of rounding, whichever way.
_TOLERANCE_PX = 1
UNSUPPORTED = image_pb2.ImageResponse.STATUS_UNSUPPORTED_RESIZE_RATIO_REQUESTED
_LOW, _HIGH = 10.0, 95.0


def _resizing(target: Target, source: Any) -> Iterator[Finding]:
    full = target.get(ask(source))
    problem = trouble(full, 1)
    if problem is not None:
        yield problem
        return
    image = full.response.image_responses[0].shot.image
    for image_format in source.image_formats or [Image.FORMAT_UNKNOWN]:
        wrong = list(_of_format(target, source, image_format, (image.cols, image.rows)))
        name = image_format_name(image_format)
        for one in wrong:
            yield Finding(one.verdict, f"{name}, {one.reason}", one.advice)
        if not wrong:
            yield passed(f"{name} has the sizes of {', '.join(f'{one:g}' for one in RATIOS)}")


def _of_format(
    target: Target, source: Any, image_format: int, full: tuple[int, int]
) -> Iterator[Finding]:
    for ratio in RATIOS:
        reply = target.get(ask(source, image_format=image_format, resize_ratio=ratio))
        problem = trouble(reply, 1)
        if problem is None:
            [answer] = reply.response.image_responses
            if answer.status == UNSUPPORTED:
                target.without_resizing.add(source.name)
            problem = judge_resized(answer, ratio, full)
        if problem is not None:
            yield Finding(problem.verdict, f"ratio {ratio:g}: {problem.reason}", problem.advice)


def judge_resized(answer: Any, ratio: float, full: tuple[int, int]) -> Finding | None:
    """Return what is wrong with a resized picture; `full` is `(cols, rows)` without resizing."""
    if answer.status == UNSUPPORTED:
        return warned("it does not resize", "resize: the robot's radio link is narrow")
    if answer.status != OK:
        return failed(f"status {status_name(answer.status)}", "see the service's log")
    image = answer.shot.image
    try:
        decoded(image)
    except Undecodable as error:
        return failed(str(error), "tell the size of the picture that is sent, not the source's")
    told = (image.cols, image.rows)
    wanted = tuple(side * ratio for side in full)
    if all(abs(a - b) <= _TOLERANCE_PX for a, b in zip(told, wanted, strict=True)):
        return None
    if told == full:
        return failed(
            "the ratio is ignored", "resize, or answer UNSUPPORTED_RESIZE_RATIO_REQUESTED"
        )
    return failed(
        f"{told[0]}x{told[1]} instead of {wanted[0]:g}x{wanted[1]:g}",
        "multiply both sides of the full picture by the ratio, and keep its aspect",
    )


def _quality(target: Target, source: Any) -> Iterator[Finding]:
    if source.image_formats and Image.FORMAT_JPEG not in source.image_formats:
        yield skipped("it has no JPEG")
        return
    low, high = (
        ask(source, image_format=Image.FORMAT_JPEG, quality_percent=one) for one in (_LOW, _HIGH)
    )
    reply = target.get(low, high)
    problem = trouble(reply, 2)
    if problem is not None:
        yield problem
        return
    yield judge_quality(*(len(one.shot.image.data) for one in reply.response.image_responses))


def judge_quality(low: int, high: int) -> Finding:
    """Judge the bytes of a JPEG of low and one of high quality."""
    if not low or not high:
        return failed("a JPEG is missing", "serve every quality from 1 to 100")
    sizes = f"{low} bytes at {_LOW:g} %, {high} at {_HIGH:g} %"
    if low < high:
        return passed(sizes)
    return warned(f"the quality is ignored: {sizes}", "encode as asked: radio links are narrow")


RESIZING = SourceCheck("resizing", "sizes are those of the ratio, and those told", _resizing)
QUALITY = SourceCheck("quality", "a lower quality makes a smaller JPEG", _quality)
