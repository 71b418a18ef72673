"""A bad request, and what is a right answer to it."""

from dataclasses import dataclass

from bosdyn.api import image_pb2

from spot_webcam.tools.check.finding import Finding, failed
from spot_webcam.tools.check.names import status_name

_FILL = "answer it by that status inside of a header of CODE_OK; raise nothing"


@dataclass(frozen=True, slots=True)
class BadRequest:
    """A request, and the statuses that are a right answer to it."""

    title: str
    request: image_pb2.ImageRequest
    statuses: tuple[int, ...]


def judge_refusal(bad: BadRequest, status: int) -> Finding | None:
    """Return what is wrong with the status that a bad request got."""
    if status in bad.statuses:
        return None
    wanted = " or ".join(status_name(one) for one in bad.statuses)
    return failed(f"{bad.title}: {status_name(status)} instead of {wanted}", _FILL)
