"""Judging the answers to clients at once by what one client alone gets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bosdyn.api import image_pb2

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.check.answers import OK
from spot_webcam.tools.check.finding import Finding, failed, passed, warned
from spot_webcam.tools.check.names import image_format_name, pixel_format_name, status_name
from spot_webcam.tools.check.replies import acquired_ns, is_own_header, trouble
from spot_webcam.tools.robot_clients.check_client import Reply

# A client among others may wait for each of them in turn, and so much longer; or so many seconds.
PATIENCE_FACTOR, PATIENCE_S = 4.0, 1.0
_OWN = "keep nothing of a call but in the call: another one runs in another thread meanwhile"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asked for, and what became of it."""

    request: image_pb2.ImageRequest
    reply: Reply

    @property
    def answer(self) -> Any:
        """The answer to its only request."""
        return self.reply.response.image_responses[0]

    @property
    def what(self) -> tuple[str, int, int, float]:
        """What tells it from other requests."""
        asked = self.request
        source, image_format = asked.image_source_name, asked.image_format
        return source, image_format, asked.pixel_format, asked.resize_ratio


def judge_crowd(alone: Sequence[Asked], together: Sequence[Asked], clients: int) -> Finding:
    """Judge what clients at once got by what one alone got for the same requests.

    What is wrong with that is another line's, unless it is no picture.
    """
    problem = _without_picture(alone)
    if problem is not None:
        return failed(f"one client alone: {problem.reason}", problem.advice)
    wrong = next(_wrong(alone, together), None)
    if wrong is not None:
        return failed(f"one of {clients} clients: {wrong.reason}", wrong.advice)
    single_s = max(one.reply.took_s for one in alone)
    slowest_s = max(one.reply.took_s for one in together)
    told = f"one alone waits up to {single_s * 1000:.0f} ms, of {clients} the slowest"
    told = f"{told} {slowest_s * 1000:.0f} ms"
    if slowest_s > max(PATIENCE_S, PATIENCE_FACTOR * clients * single_s):
        return warned(told, "encode each frame once for all who ask; hold no lock meanwhile")
    return passed(told)


def _wrong(alone: Sequence[Asked], together: Sequence[Asked]) -> Iterator[Finding]:
    problem = _without_picture(together)
    if problem is not None:
        yield problem
        return
    if all(is_own_header(one.reply) for one in alone):
        for one in together:
            if not is_own_header(one.reply):
                yield failed("the header repeats another call's", _OWN)
    alike = {one.what: _told(one.answer) for one in alone}
    for one in together:
        told, wanted = _told(one.answer), alike[one.what]
        if told != wanted:
            yield failed(f"{told}, and {wanted} for one alone", _OWN)
    yield from _back_in_time([*alone, *together])


def _without_picture(calls: Sequence[Asked]) -> Finding | None:
    for one in calls:
        problem = trouble(one.reply, 1)
        if problem is None and one.answer.status != OK:
            source, status = one.request.image_source_name, status_name(one.answer.status)
            problem = failed(f"{source}: status {status}", "look at the camera and its log")
        if problem is not None:
            return problem
    return None


def _told(answer: Any) -> str:
    image = answer.shot.image
    formats = f"{image_format_name(image.format)} {pixel_format_name(image.pixel_format)}"
    return f"{answer.source.name} {image.cols}x{image.rows} {formats}"


def _back_in_time(calls: Sequence[Asked]) -> Iterator[Finding]:
    """Yield pictures older than one that had been handed out before they were asked for.

    Of calls under way at the same time either may be served first. Other formats may be of
    another, later frame: that is another line's.
    """
    in_order = sorted(calls, key=lambda one: one.reply.sent_ns)
    by_arrival = sorted(calls, key=lambda one: one.reply.arrived_ns)
    newest_ns: dict[tuple[str, int], int] = {}
    arrived = 0
    for one in in_order:
        while by_arrival[arrived].reply.arrived_ns < one.reply.sent_ns:
            earlier = by_arrival[arrived]
            key = earlier.what[:2]
            newest_ns[key] = max(newest_ns.get(key, 0), acquired_ns(earlier.answer))
            arrived += 1
        back_ns = newest_ns.get(one.what[:2], 0) - acquired_ns(one.answer)
        if back_ns > 0:
            yield failed(
                f"{one.request.image_source_name}: a picture is {back_ns / NANOSECONDS:.3f} s"
                " older than one that another client had got before",
                "hand out the newest frame only, to all alike",
            )
