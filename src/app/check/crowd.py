"""Many requests, many clients, clients that leave."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from spot_webcam.adapters.bosdyn.check_client import Reply
from spot_webcam.app.check.answers import OK, ask, judge_answer
from spot_webcam.app.check.finding import Finding, Verdict, failed, passed, warned
from spot_webcam.app.check.names import status_name
from spot_webcam.app.check.replies import trouble
from spot_webcam.app.check.target import ServiceCheck, SourceCheck, Target

MANY_REQUESTS = 32
VANISHING = 16
# A client among others may wait for each of them in turn, and so much longer; or so many seconds.
PATIENCE_FACTOR, PATIENCE_S = 4.0, 1.0
# Small pictures: the robot's link is not what is tested.
_RATIO = 0.1
# After how long clients leave, by what an answer takes, and what it takes this computer to call.
_SHARES, _BRIEFLY_S = (1.0, 0.0, 2.0), 0.01


def _order(target: Target) -> Iterator[Finding]:
    sources = _good(target) * 2 + [_good(target)[0]]
    requests = [
        ask(one, resize_ratio=_RATIO * (1 + place % 5)) for place, one in enumerate(sources)
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
        if name == other and more < cols:
            return failed(
                f"the sizes of {name} are not in the order of their requests",
                "answer in the order of the requests",
            )
    return passed(f"{len(names)} answers in the order of their requests")


def _many(target: Target, source: Any) -> Iterator[Finding]:
    requests = [ask(source, resize_ratio=_RATIO)] * MANY_REQUESTS
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
    sources = _good(target)
    alone, together = [], []
    for _ in range(target.settings.rounds):
        alone += [(target.get(ask(one)), one) for one in sources]
    for number in range(target.settings.rounds):
        asked = [sources[(number + place) % len(sources)] for place in range(_clients(target))]
        calls = [target.begin(ask(one)) for one in asked]
        together += [(target.wait(call), one) for call, one in zip(calls, asked, strict=True)]
    yield judge_crowd(alone, together, _clients(target))


Asked = Sequence[tuple[Reply, Any]]


def judge_crowd(alone: Asked, together: Asked, clients: int) -> Finding:
    """Judge the answers to clients at once, each with the source it asked for.

    What one alone got wrong is another line's.
    """
    told_already = {one.reason for reply, source in alone for one in _failures(reply, source)}
    for reply, source in together:
        new = (one for one in _failures(reply, source) if one.reason not in told_already)
        problem = next(new, None)
        if problem is not None:
            return failed(f"one of {clients} clients: {problem.reason}", problem.advice)
    single_s = max(reply.took_s for reply, _ in alone)
    slowest_s = max(reply.took_s for reply, _ in together)
    told = f"one alone waits up to {single_s * 1000:.0f} ms, of {clients} the slowest"
    told = f"{told} {slowest_s * 1000:.0f} ms"
    if slowest_s > max(PATIENCE_S, PATIENCE_FACTOR * clients * single_s):
        return warned(told, "encode each frame once for all who ask; hold no lock meanwhile")
    return passed(told)


def _failures(reply: Reply, source: Any) -> list[Finding]:
    problem = trouble(reply, 1)
    if problem is not None:
        return [problem]
    [answer], [request] = reply.response.image_responses, reply.request.image_requests
    found = judge_answer(answer, request, source)
    return [one for one in found if one.verdict is Verdict.FAIL]


def _vanishing(target: Target) -> Iterator[Finding]:
    sources = _good(target)
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


def _clients(target: Target) -> int:
    return target.settings.clients


def _good(target: Target) -> list[Any]:
    return [one for one in target.sources if one.name not in target.without_pictures]


ORDER = ServiceCheck("order", "answers come in the order of the requests", _order)
MANY = SourceCheck("many requests", "one call may ask for some dozen pictures", _many)
CROWD = ServiceCheck("clients at once", "none waits much longer than alone", _crowd)
VANISHING_CLIENTS = ServiceCheck(
    "clients that leave", "calls that are given up cost the others nothing", _vanishing
)
