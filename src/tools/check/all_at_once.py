"""One call for all sources, at full size, as programs that record ask."""

from collections.abc import Iterator, Sequence
from typing import Any

from spot_webcam.tools.check.answers import ask, judge_answer
from spot_webcam.tools.check.finding import Finding, Verdict, passed, skipped, warned
from spot_webcam.tools.check.names import image_format_name
from spot_webcam.tools.check.replies import trouble
from spot_webcam.tools.check.target import ServiceCheck, Target
from spot_webcam.tools.robot_clients.check_client import Reply


def judge_all(reply: Reply, sources: Sequence[Any]) -> Finding:
    """Judge the answers to one call for a picture of each source."""
    if reply.code == "RESOURCE_EXHAUSTED":
        return warned(
            f"{len(sources)} pictures are too much for one call: {' '.join(reply.details.split())}",
            "clients ask for fewer at once, or smaller ones; see the service's limits",
        )
    problem = trouble(reply, len(sources))
    if problem is not None:
        return problem
    answers, requests = reply.response.image_responses, reply.request.image_requests
    for answer, request, source in zip(answers, requests, sources, strict=True):
        for one in judge_answer(answer, request, source):
            if one.verdict is Verdict.FAIL:
                return Finding(one.verdict, f"{source.name}: {one.reason}", one.advice)
    return passed(f"{len(sources)} pictures of full size in {reply.took_s * 1000:.0f} ms")


def _all_at_once(target: Target) -> Iterator[Finding]:
    good = target.good_sources()
    if len(good) == 1:
        yield skipped("there is one source only")
        return
    formats = dict.fromkeys(one for source in good for one in source.image_formats or [0])
    for image_format in formats:
        sources = [one for one in good if image_format in (one.image_formats or [0])]
        reply = target.get(*(ask(one, image_format=image_format) for one in sources))
        found = judge_all(reply, sources)
        name = image_format_name(image_format)
        yield Finding(found.verdict, f"{name}: {found.reason}", found.advice)


ALL_AT_ONCE = ServiceCheck("all at once", "one call may ask for all sources", _all_at_once)
