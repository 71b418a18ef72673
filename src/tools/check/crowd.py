"""Many requests, many clients, clients that leave."""

import itertools
from collections.abc import Iterator
from typing import Any

from bosdyn.api import image_pb2

from spot_webcam.tools.check.answers import OK, ask
from spot_webcam.tools.check.crowd_judgement import Asked, judge_crowd
from spot_webcam.tools.check.finding import Finding, failed, passed, warned
from spot_webcam.tools.check.names import status_name
from spot_webcam.tools.check.replies import trouble
from spot_webcam.tools.check.target import ServiceCheck, SourceCheck, Target
from spot_webcam.tools.robot_clients.check_client import Reply

MANY_REQUESTS = 32
VANISHING = 16
# Small pictures: the robot's link is not what is tested.
_RATIO = 0.1
# Of the clients at once; the first of them is the full size.
_CROWD_RATIOS = (0.0, 0.5)
# After how long clients leave, by what an answer takes, and what it takes this computer to call.
_SHARES, _BRIEFLY_S = (1.0, 0.0, 2.0), 0.01


def _order(target: Target) -> Iterator[Finding]:
    good = target.good_sources()
    sources = [*good, *good, good[0]]
    requests = [
        _smaller(target, one, _RATIO * (1 + place % 5)) for place, one in enumerate(sources)
    ]
    reply = target.get(*requests)
    yield trouble(reply, len(requests)) or judge_order(reply)


def judge_order(reply: Reply) -> Finding:
    """Judge that answers come in the order of the requests, by source and by size."""
    asked, answers = reply.request.image_requests, reply.response.image_responses
    wanted = [one.image_source_name for one in asked]
    names = [one.source.name for one in answers]
    if names != wanted:
        return failed(
            f"asked for {', '.join(wanted)}; got {', '.join(names)}",
            "answer in the order of the requests, and name the source",
        )
    by_ratio = sorted(
        (request.image_source_name, request.resize_ratio, answer.shot.image.cols)
        for request, answer in zip(asked, answers, strict=True)
    )
    for (name, _, cols), (other, _, more) in itertools.pairwise(by_ratio):
        if name == other and 0 < more < cols:
            return failed(
                f"the sizes of {name} are not in the order of their requests",
                "answer in the order of the requests",
            )
    return passed(f"{len(names)} answers in the order of their requests")


def _many(target: Target, source: Any) -> Iterator[Finding]:
    requests = [_smaller(target, source, _RATIO)] * MANY_REQUESTS
    reply = target.get(*requests)
    if reply.code == "RESOURCE_EXHAUSTED":
        yield warned(
            f"it refuses {MANY_REQUESTS} requests in one call",
            "allow for some dozen small pictures",
        )
        return
    problem = trouble(reply, MANY_REQUESTS)
    if problem is None and any(one.status != OK for one in reply.response.image_responses):
        problem = failed("some have no picture", "give all requests of one call the same frame")
    yield problem or passed(f"{MANY_REQUESTS} pictures in {reply.took_s * 1000:.0f} ms")


def _crowd(target: Target) -> Iterator[Finding]:
    clients, alone, together = target.settings.clients, [], []
    # Of many sources, no more than there are calls.
    kinds = list(_kinds(target))[: clients * target.settings.rounds]
    for _ in range(target.settings.rounds):
        alone += [Asked(one, target.get(one)) for one in kinds]
    for number in range(target.settings.rounds):
        asked = [kinds[(number * clients + place) % len(kinds)] for place in range(clients)]
        calls = [target.begin(one) for one in asked]
        together += [Asked(one, target.wait(call)) for call, one in zip(calls, asked, strict=True)]
    yield judge_crowd(alone, together, clients)


def _kinds(target: Target) -> Iterator[image_pb2.ImageRequest]:
    """Yield requests that differ, so that an answer to another one shows."""
    for ratio in _CROWD_RATIOS:
        for source in target.good_sources():
            yield _smaller(target, source, ratio)


def _smaller(target: Target, source: Any, ratio: float) -> image_pb2.ImageRequest:
    """Return a request for a smaller picture, or any from a source that does not resize."""
    return ask(source, resize_ratio=0.0 if source.name in target.without_resizing else ratio)


def _vanishing(target: Target) -> Iterator[Finding]:
    sources = target.good_sources()
    alone_s = target.get(ask(sources[0])).took_s
    for number in range(target.settings.rounds):
        calls = [target.begin(ask(sources[n % len(sources)])) for n in range(VANISHING)]
        # Of so many at once, each takes longer than alone: most are under way by then.
        share = _SHARES[number % len(_SHARES)]
        target.pause(max(_BRIEFLY_S, share * alone_s))
        for call in calls:
            call.cancel()
    for source in sources:
        reply = target.get(ask(source))
        problem = trouble(reply, 1)
        if problem is None and reply.response.image_responses[0].status != OK:
            problem = failed(status_name(reply.response.image_responses[0].status), "")
        if problem is not None:
            yield failed(
                f"after {VANISHING} clients had left, {source.name}: {problem.reason}",
                "let go of a call whose client is gone",
            )
    target.blame_for_faults("clients that left")


ORDER = ServiceCheck("order", "answers come in the order of the requests", _order)
MANY = SourceCheck("many requests", "one call may ask for some dozen pictures", _many)
CROWD = ServiceCheck("clients at once", "each gets its own answer, and soon", _crowd)
VANISHING_CLIENTS = ServiceCheck(
    "clients that leave", "calls that are given up cost the others nothing", _vanishing
)
