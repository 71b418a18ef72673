"""Times of the pictures in each image format, asked for in turn."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.check.answers import OK, ask
from spot_webcam.tools.check.finding import Finding, failed, passed, warned
from spot_webcam.tools.check.names import image_format_name, status_name
from spot_webcam.tools.check.replies import acquired_ns, trouble
from spot_webcam.tools.check.target import SourceCheck, Target

_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Taken:
    """The time of a picture, and its image format's name."""

    image_format: str
    acquired_ns: int


def judge_formats(taken: Sequence[Taken]) -> Iterator[Finding]:
    """Judge pictures in the order in which they came; yields only what is wrong."""
    names = list(dict.fromkeys(one.image_format for one in taken))
    for name in names:
        back_s = _furthest_back_s([one for one in taken if one.image_format == name])
        if back_s:
            yield failed(
                f"{name}: a picture is {back_s:.3f} s older than the one before",
                "hand out the newest frame only; run one service of this name only",
            )
            return
    back_s = _furthest_back_s(taken)
    if back_s:
        yield warned(
            f"asked for in turn, {' and '.join(names)} go back in time by up to {back_s:.3f} s",
            "make all formats from the newest frame: who asks for both sees time go back",
        )


def _furthest_back_s(taken: Sequence[Taken]) -> float:
    pairs = itertools.pairwise(taken)
    back_ns = max((one.acquired_ns - other.acquired_ns for one, other in pairs), default=0)
    return max(0, back_ns) / NANOSECONDS


def _in_turn(target: Target, source: Any) -> Iterator[Finding]:
    formats = list(dict.fromkeys(source.image_formats)) or [0]
    taken = []
    for image_format in formats * _ROUNDS:
        name = image_format_name(image_format)
        reply = target.get(ask(source, image_format=image_format))
        problem = trouble(reply, 1)
        if problem is None and reply.response.image_responses[0].status != OK:
            status = status_name(reply.response.image_responses[0].status)
            problem = failed(f"{name}: status {status}", "look at the camera and its log")
        if problem is not None:
            yield problem
            return
        taken.append(Taken(name, acquired_ns(reply.response.image_responses[0])))
    found = list(judge_formats(taken))
    names = ", ".join(image_format_name(one) for one in formats)
    yield from found or [passed(f"{names}: in order, each for itself and in turn")]


FORMATS_IN_TURN = SourceCheck("times by format", "each format's times are in order", _in_turn)
