"""Registered, reachable, kept alive, without faults."""

from collections.abc import Iterator
from typing import Any

from bosdyn.api import image_pb2
from bosdyn.client.image import ImageClient

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.check.finding import Finding, failed, passed, warned
from spot_webcam.tools.check.replies import header_findings, trouble
from spot_webcam.tools.check.target import Hopeless, ServiceCheck, Target


def _registered(target: Target) -> Iterator[Finding]:
    entry = target.service.entry()
    if entry is None:
        yield failed(
            f"the robot's directory has no service {target.service.name!r}",
            "start the service, or name another with --image-service: see"
            " `python -m bosdyn.client ROBOT dir list`",
        )
        raise Hopeless("it is not registered")
    if entry.type != ImageClient.service_type:
        yield failed(
            f"it is registered as a {entry.type!r}",
            f"register it with the type {ImageClient.service_type}",
        )
        raise Hopeless("it is no image service")
    yield from judge_entry(entry)


def judge_entry(entry: Any) -> Iterator[Finding]:
    """Judge the directory's entry of an image service."""
    if not entry.user_token_required:
        yield warned(
            "calls need no user token: whoever reaches the robot gets pictures",
            "register it with user_token_required",
        )
    if entry.liveness_timeout_secs <= 0:
        yield warned(
            "no liveness timeout: the robot will not notice when the service dies",
            "register it with a liveness timeout, and keep the entry alive",
        )


def _reachable(target: Target) -> Iterator[Finding]:
    reply = target.list_sources()
    problem = trouble(reply)
    if problem is not None:
        yield problem
        raise Hopeless("it does not answer ListImageSources")
    target.sources = tuple(reply.response.image_sources)
    yield passed(f"it answers ListImageSources in {reply.took_s * 1000:.0f} ms")


def _header(target: Target) -> Iterator[Finding]:
    reply = target.get(image_pb2.ImageRequest(image_source_name="no such source"))
    target.blame_for_faults("a request for a source that there is not")
    problem = trouble(reply)
    if problem is not None:
        yield problem
        return
    yield from header_findings(reply, target.service.skew_ns())


def _no_faults(target: Target) -> Iterator[Finding]:
    for name, message in target.note_faults().items():
        yield failed(f"{name!r} stands: {message}", "end its cause first; see the service's log")


def _no_faults_of_requests(target: Target) -> Iterator[Finding]:
    target.blame_for_faults("one of the last calls")
    for fault, blame in target.blamed.items():
        if blame.away:
            yield failed(
                f"the fault {fault!r} came up, and {blame.away!r} gave no picture any more;"
                f" before that, {blame.deed}",
                "is the camera away? Else that request has stopped it: see the service's log",
            )
            continue
        yield failed(
            f"the fault {fault!r} came up with {blame.deed}",
            "faults are for cameras: a bad request, or a client that left, is answered or dropped;"
            " if a camera did fail just then, check again",
        )


def _still_there(target: Target) -> Iterator[Finding]:
    yield judge_liveness(target.service.entry(), target.service.robot_now_ns())


def judge_liveness(entry: Any, now_ns: int) -> Finding:
    """Judge the entry, or its absence, at the end of all."""
    if entry is None:
        return failed(
            "its entry in the directory is gone", "keep it alive as long as the service runs"
        )
    last_ns = entry.last_update.seconds * NANOSECONDS + entry.last_update.nanos
    silent_s = (now_ns - last_ns) / NANOSECONDS
    if not last_ns:
        return passed("its entry is in the directory")
    if 0 < entry.liveness_timeout_secs < silent_s:
        return failed(
            f"the directory has not heard of it for {silent_s:.0f} s, and"
            f" {entry.liveness_timeout_secs:g} s are agreed",
            "update the entry more often than its liveness timeout",
        )
    return passed(f"its entry is in the directory, updated {max(0.0, silent_s):.0f} s ago")


REGISTERED = ServiceCheck(
    "registered", "the robot's directory has it as an image service", _registered
)
REACHABLE = ServiceCheck("reachable", "calls through the robot reach it", _reachable)
HEADER = ServiceCheck("header", "it repeats the request's, and has both times and CODE_OK", _header)
NO_FAULTS = ServiceCheck("no faults before", "the robot has no fault of it", _no_faults)
NO_FAULTS_OF_REQUESTS = ServiceCheck(
    "no faults by clients",
    "no bad request and no client that left raised a fault on the robot",
    _no_faults_of_requests,
)
STILL_THERE = ServiceCheck("liveness", "its entry stays in the directory", _still_there)
