"""Two pictures of one frame, to hold against each other."""

from dataclasses import dataclass
from typing import Any

from spot_webcam.domain.media.image import Pixels
from spot_webcam.tools.check.answers import OK
from spot_webcam.tools.check.finding import Finding, skipped
from spot_webcam.tools.check.pictures import Undecodable, decoded
from spot_webcam.tools.check.replies import acquired_ns, trouble
from spot_webcam.tools.check.target import Target

# Calls until both pictures of one are of the same frame.
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The pixels of two pictures, red first, and whether they bear the same time."""

    first: Pixels
    second: Pixels
    same_frame: bool


def pair_of_one_frame(target: Target, *requests: Any) -> Pair | Finding:
    """Ask for two pictures in one call, until they are of one frame or that has not helped.

    Returns a finding where there are not two pictures.
    """
    answers: Any = ()
    same_frame = False
    for _ in range(_ATTEMPTS):
        reply = target.get(*requests)
        problem = trouble(reply, 2)
        if problem is not None:
            return problem
        answers = reply.response.image_responses
        same_frame = acquired_ns(answers[0]) == acquired_ns(answers[1]) != 0
        if same_frame:
            break
    if any(one.status != OK for one in answers):
        return skipped("it does not serve both", "see the listed formats")
    try:
        first, second = (decoded(one.shot.image) for one in answers)
    except Undecodable as error:
        return skipped(f"a picture does not decode: {error}", "see the listed formats")
    return Pair(first, second, same_frame)
