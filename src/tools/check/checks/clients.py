"""Checks with many requests, many clients, and clients that leave."""

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bosdyn.api import image_pb2

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.check.checks.answers import evaluate_answer
from spot_webcam.tools.check.findings import (
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
from spot_webcam.tools.check.replies import acquired_ns, call_problem, is_own_header
from spot_webcam.tools.check.service import OK, ServiceUnderTest, ask, service_check, source_check
from spot_webcam.tools.robot_clients.check_client import Reply

MANY_REQUESTS = 32
LEAVING_CLIENTS = 16
# Small pictures: the robot's link is not under test.
_RATIO = 0.1
# Sizes that concurrent clients request; 0 is the full size.
_CONCURRENT_RATIOS = (0.0, 0.5)
# Times after which clients leave: shares of the time of an answer, and a minimum for this computer.
_SHARES, _MIN_STAY_S = (1.0, 0.0, 2.0), 0.01
# A concurrent client may wait for each other one in turn, times the factor; or so many seconds.
MAX_FACTOR, MAX_WAIT_S = 4.0, 1.0
_OWN = "keep nothing of a call but in the call: another one runs in another thread meanwhile"


@dataclass(frozen=True, slots=True)
class ClientCall:
    """A call with one request, and its outcome."""

    request: image_pb2.ImageRequest
    reply: Reply

    @property
    def answer(self) -> Any:
        """The answer to its only request."""
        return self.reply.response.image_responses[0]

    @property
    def kind(self) -> tuple[str, int, int, float]:
        """Source, formats and ratio, which tell it from calls with other requests."""
        request = self.request
        source, image_format = request.image_source_name, request.image_format
        return source, image_format, request.pixel_format, request.resize_ratio


@service_check("order", "answers come in the order of the requests", needs_picture=True)
def order(target: ServiceUnderTest) -> Iterator[Finding]:
    """Request pictures of several sources and sizes in one call."""
    good = target.good_sources()
    requests = [
        _smaller(target, source, _RATIO * (1 + place % 5))
        for place, source in enumerate([*good, *good, good[0]])
    ]
    yield evaluate_order(target.get_answers(*requests))


@service_check("all at once", "one call may ask for all sources", needs_picture=True)
def all_at_once(target: ServiceUnderTest) -> Iterator[Finding]:
    """Request all sources at full size in one call, as recorders do, in each image format."""
    good = target.good_sources()
    if len(good) == 1:
        yield skipped("there is one source only")
        return
    formats = dict.fromkeys(
        image_format for source in good for image_format in source.image_formats or [0]
    )
    for image_format in formats:
        sources = [source for source in good if image_format in (source.image_formats or [0])]
        reply = target.get(*(ask(source, image_format=image_format) for source in sources))
        found = evaluate_all(reply, sources, target.wrong_alone)
        yield found.of(image_format_name(image_format))


@source_check("many requests", "one call may ask for some dozen pictures")
def many_requests(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Request many pictures of one source in one call."""
    reply = target.get(*[_smaller(target, source, _RATIO)] * MANY_REQUESTS)
    if reply.code == "RESOURCE_EXHAUSTED":
        yield warned(
            f"it refuses {MANY_REQUESTS} requests in one call",
            "allow for some dozen small pictures",
        )
        return
    problem = call_problem(reply, MANY_REQUESTS)
    if problem is None and any(answer.status != OK for answer in reply.response.image_responses):
        problem = failed("some have no picture", "give all requests of one call the same frame")
    yield problem or passed(f"{MANY_REQUESTS} pictures in {reply.took_s * 1000:.0f} ms")


@service_check("clients at once", "each gets its own answer, and soon", needs_picture=True)
def clients_at_once(target: ServiceUnderTest) -> Iterator[Finding]:
    """Compare the answers to concurrent clients with those to a single client."""
    clients = target.settings.clients
    alone: list[ClientCall] = []
    together: list[ClientCall] = []
    # With many sources, not more kinds than calls.
    kinds = list(_kinds(target))[: clients * target.settings.rounds]
    for _ in range(target.settings.rounds):
        alone += [ClientCall(request, target.get(request)) for request in kinds]
    for number in range(target.settings.rounds):
        requests = [kinds[(number * clients + place) % len(kinds)] for place in range(clients)]
        calls = [target.begin(request) for request in requests]
        together += [
            ClientCall(request, target.wait(call))
            for call, request in zip(calls, requests, strict=True)
        ]
    yield evaluate_concurrent(alone, together, clients)


@service_check(
    "clients that leave", "calls that are given up cost the others nothing", needs_picture=True
)
def clients_that_leave(target: ServiceUnderTest) -> Iterator[Finding]:
    """Cancel calls under way, then request a picture of each source."""
    sources = target.good_sources()
    alone_s = target.get(ask(sources[0])).took_s
    for number in range(target.settings.rounds):
        calls = [target.begin(ask(sources[n % len(sources)])) for n in range(LEAVING_CLIENTS)]
        # Concurrent calls take longer than a single one: most are under way by then.
        target.pause(max(_MIN_STAY_S, _SHARES[number % len(_SHARES)] * alone_s))
        for call in calls:
            call.cancel()
    for source in sources:
        reply = target.get(ask(source))
        problem = call_problem(reply, 1)
        if problem is None and reply.response.image_responses[0].status != OK:
            problem = failed(status_name(reply.response.image_responses[0].status), "")
        if problem is not None:
            yield failed(
                f"after {LEAVING_CLIENTS} clients had left, {source.name}: {problem.reason}",
                "let go of a call whose client is gone",
            )
    target.attribute_faults("clients that left")


def _kinds(target: ServiceUnderTest) -> Iterator[image_pb2.ImageRequest]:
    """Yield different requests, so that an answer to another one is recognised."""
    for ratio in _CONCURRENT_RATIOS:
        for source in target.good_sources():
            yield _smaller(target, source, ratio)


def _smaller(target: ServiceUnderTest, source: Any, ratio: float) -> image_pb2.ImageRequest:
    """Return a request for a smaller picture, for a full one if the source does not resize."""
    return ask(source, resize_ratio=0.0 if source.name in target.without_resizing else ratio)


def evaluate_order(reply: Reply) -> Finding:
    """Evaluate the order of the answers, by source and by size."""
    requests, answers = reply.request.image_requests, reply.response.image_responses
    wanted = [request.image_source_name for request in requests]
    names = [answer.source.name for answer in answers]
    if names != wanted:
        return failed(
            f"asked for {', '.join(wanted)}; got {', '.join(names)}",
            "answer in the order of the requests, and name the source",
        )
    by_ratio = sorted(
        (request.image_source_name, request.resize_ratio, answer.shot.image.cols)
        for request, answer in zip(requests, answers, strict=True)
    )
    for (name, _, cols), (next_name, _, next_cols) in itertools.pairwise(by_ratio):
        if name == next_name and 0 < next_cols < cols:
            return failed(
                f"the sizes of {name} are not in the order of their requests",
                "answer in the order of the requests",
            )
    return passed(f"{len(names)} answers in the order of their requests")


def evaluate_all(
    reply: Reply, sources: Sequence[Any], wrong_alone: Collection[str] = ()
) -> Finding:
    """Evaluate the answers to one call for a picture of each source.

    Of the sources that are `wrong_alone` only the status counts.
    """
    if reply.code == "RESOURCE_EXHAUSTED":
        return warned(
            f"{len(sources)} pictures are too much for one call: {' '.join(reply.details.split())}",
            "clients ask for fewer at once, or smaller ones; see the service's limits",
        )
    problem = call_problem(reply, len(sources))
    if problem is not None:
        return problem
    answers, requests = reply.response.image_responses, reply.request.image_requests
    for answer, request, source in zip(answers, requests, sources, strict=True):
        if answer.status == OK and source.name in wrong_alone:
            continue
        for finding in evaluate_answer(answer, request, source):
            if finding.verdict is Verdict.FAIL:
                message = " ".join(reply.response.header.error.message.split())
                reason = f"{finding.reason}{message and f': {message}'}"
                return failed(reason, finding.advice).of(source.name)
    return passed(f"{len(sources)} pictures of full size in {reply.took_s * 1000:.0f} ms")


def evaluate_concurrent(
    alone: Sequence[ClientCall], together: Sequence[ClientCall], clients: int
) -> Finding:
    """Evaluate the answers to concurrent clients by those to a single one.

    What a single client gets wrong is found by other checks, unless it gets no picture.
    """
    problem = _without_picture(alone)
    if problem is not None:
        return failed(f"one client alone: {problem.reason}", problem.advice)
    wrong = next(_wrong(alone, together), None)
    if wrong is not None:
        return failed(f"one of {clients} clients: {wrong.reason}", wrong.advice)
    single_s = max(call.reply.took_s for call in alone)
    slowest_s = max(call.reply.took_s for call in together)
    times = f"one alone waits up to {single_s * 1000:.0f} ms, of {clients} the slowest"
    times = f"{times} {slowest_s * 1000:.0f} ms"
    if slowest_s > max(MAX_WAIT_S, MAX_FACTOR * clients * single_s):
        return warned(times, "encode each frame once for all who ask; hold no lock meanwhile")
    return passed(times)


def _wrong(alone: Sequence[ClientCall], together: Sequence[ClientCall]) -> Iterator[Finding]:
    problem = _without_picture(together)
    if problem is not None:
        yield problem
        return
    if all(is_own_header(call.reply) for call in alone):
        for call in together:
            if not is_own_header(call.reply):
                yield failed("the header repeats another call's", _OWN)
    expected = {call.kind: _summary(call.answer) for call in alone}
    for call in together:
        summary, wanted = _summary(call.answer), expected[call.kind]
        if summary != wanted:
            yield failed(f"{summary}, and {wanted} for one alone", _OWN)
    yield from _back_in_time([*alone, *together])


def _without_picture(calls: Sequence[ClientCall]) -> Finding | None:
    for call in calls:
        problem = call_problem(call.reply, 1)
        if problem is None and call.answer.status != OK:
            source, status = call.request.image_source_name, status_name(call.answer.status)
            problem = failed(f"{source}: status {status}", "look at the camera and its log")
        if problem is not None:
            return problem
    return None


def _summary(answer: Any) -> str:
    image = answer.shot.image
    formats = f"{image_format_name(image.format)} {pixel_format_name(image.pixel_format)}"
    return f"{answer.source.name} {image.cols}x{image.rows} {formats}"


def _back_in_time(calls: Sequence[ClientCall]) -> Iterator[Finding]:
    """Yield pictures older than one that had been delivered before they were requested.

    Of overlapping calls either may be served first. Other formats may be of another, later frame:
    another check finds that.
    """
    by_start = sorted(calls, key=lambda call: call.reply.sent_ns)
    by_arrival = sorted(calls, key=lambda call: call.reply.arrived_ns)
    newest_ns: dict[tuple[str, int], int] = {}
    arrived = 0
    for call in by_start:
        while by_arrival[arrived].reply.arrived_ns < call.reply.sent_ns:
            earlier = by_arrival[arrived]
            key = earlier.kind[:2]
            newest_ns[key] = max(newest_ns.get(key, 0), acquired_ns(earlier.answer))
            arrived += 1
        back_ns = newest_ns.get(call.kind[:2], 0) - acquired_ns(call.answer)
        if back_ns > 0:
            yield failed(
                f"{call.request.image_source_name}: a picture is {back_ns / NANOSECONDS:.3f} s"
                " older than one that another client had got before",
                "hand out the newest frame only, to all alike",
            )
