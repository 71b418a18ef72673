"""Checks of the service on its robot: registration, liveness, faults and data acquisition."""

import time
from collections.abc import Iterator
from typing import Any

from bosdyn.api import image_pb2
from bosdyn.client.image import ImageClient

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.check.findings import CheckFailed, Finding, failed, passed, warned
from spot_webcam.tools.check.replies import call_problem, evaluate_header
from spot_webcam.tools.check.service import (
    AbortChecks,
    ServiceUnderTest,
    service_check,
    source_check,
)

# Period at which data acquisition is polled.
POLL_S = 0.2


@service_check("registered", "the robot's directory has it as an image service")
def registered(target: ServiceUnderTest) -> Iterator[Finding]:
    """Evaluate the entry in the directory."""
    entry = target.client.entry()
    if entry is None:
        yield failed(
            f"the robot's directory has no service {target.client.name!r}",
            "start the service, or name another with --image-service: see"
            " `python -m bosdyn.client ROBOT dir list`",
        )
        raise AbortChecks("it is not registered")
    if entry.type != ImageClient.service_type:
        yield failed(
            f"it is registered as a {entry.type!r}",
            f"register it with the type {ImageClient.service_type}",
        )
        raise AbortChecks("it is no image service")
    yield from evaluate_entry(entry)


@service_check("reachable", "calls through the robot reach it")
def reachable(target: ServiceUnderTest) -> Iterator[Finding]:
    """Request the list of sources, and keep it for the other checks."""
    reply = target.list_sources()
    problem = call_problem(reply)
    if problem is not None:
        yield problem
        raise AbortChecks("it does not answer ListImageSources")
    target.sources = tuple(reply.response.image_sources)
    yield passed(f"it answers ListImageSources in {reply.took_s * 1000:.0f} ms")


@service_check("header", "it repeats the request's, and has both times and CODE_OK")
def header(target: ServiceUnderTest) -> Iterator[Finding]:
    """Evaluate the header of an answer."""
    reply = target.get(image_pb2.ImageRequest(image_source_name="no such source"))
    target.attribute_faults("a request for a source that there is not")
    problem = call_problem(reply)
    if problem is not None:
        raise CheckFailed(problem)
    yield from evaluate_header(reply, target.client.skew_ns())


@service_check("no faults before", "the robot has no fault of it")
def no_faults_before(target: ServiceUnderTest) -> Iterator[Finding]:
    """Find faults that are present before the first picture is requested."""
    for name, message in target.ignore_present_faults().items():
        yield failed(f"{name!r} is active: {message}", "end its cause first; see the service's log")


@service_check(
    "no faults by clients", "no bad request and no client that left raised a fault on the robot"
)
def no_faults_by_clients(target: ServiceUnderTest) -> Iterator[Finding]:
    """Report all faults that were raised during the checks."""
    target.attribute_faults("one of the last calls")
    for fault, attribution in target.attributions.items():
        if attribution.failed_source:
            yield failed(
                f"the fault {fault!r} came up, and {attribution.failed_source!r} gave no picture"
                f" any more; before that, {attribution.action}",
                "is the camera away? Else that request has stopped it: see the service's log",
            )
            continue
        yield failed(
            f"the fault {fault!r} came up with {attribution.action}",
            "faults are for cameras: a bad request, or a client that left, is answered or dropped;"
            " if a camera did fail just then, check again",
        )


@service_check("liveness", "its entry stays in the directory")
def liveness(target: ServiceUnderTest) -> Iterator[Finding]:
    """Evaluate the entry again, after all other checks."""
    yield evaluate_liveness(target.client.entry(), target.client.robot_now_ns())


@source_check("data acquisition", "the robot can take and store a picture")
def data_acquisition(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Let the robot's data acquisition take and store a picture."""
    acquisition = target.client.acquisition()
    problem = evaluate_offer(acquisition.offered(), source.name)
    if problem is not None:
        raise CheckFailed(problem)
    now_ns = target.client.robot_now_ns()
    # Groups cannot be deleted: no two runs may share one.
    group = f"spot-webcam check of {target.client.name} at {now_ns}"
    number = acquisition.acquire(source.name, group, now_ns)
    timeout_s = target.settings.timeout_s
    end_s = time.monotonic() + timeout_s
    outcome = acquisition.outcome(number)
    while outcome is None and time.monotonic() < end_s:
        target.pause(POLL_S)
        outcome = acquisition.outcome(number)
    yield evaluate_outcome(outcome, acquisition.stored(source.name, group), timeout_s)


def evaluate_entry(entry: Any) -> Iterator[Finding]:
    """Find problems of an image service's entry in the directory."""
    if not entry.user_token_required:
        yield warned(
            "calls need no user token: every client that reaches the robot gets pictures",
            "register it with user_token_required",
        )
    if entry.liveness_timeout_secs <= 0:
        yield warned(
            "no liveness timeout: the robot will not notice when the service dies",
            "register it with a liveness timeout, and keep the entry alive",
        )


def evaluate_liveness(entry: Any, now_ns: int) -> Finding:
    """Evaluate whether the entry is still present, and updated in time."""
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


def evaluate_offer(offered: set[str] | None, name: str) -> Finding | None:
    """Return the problem if data acquisition does not list the source."""
    if offered is None:
        return failed(
            "data acquisition does not know the service",
            "it lists the sources when a service registers: answer ListImageSources from then on",
        )
    if name not in offered:
        return failed(
            f"data acquisition knows only {', '.join(sorted(offered))} of the service",
            "list all sources from the registration on, or register again when they change",
        )
    return None


def evaluate_outcome(outcome: tuple[str, str] | None, stored: int, timeout_s: float) -> Finding:
    """Evaluate the status of one acquisition and the number of stored pictures."""
    if outcome is None:
        return failed(f"not complete after {timeout_s:g} s", "answer GetImage within some seconds")
    status, errors = outcome
    if status != "COMPLETE":
        return failed(
            f"it ends in {status}{errors and f': {errors}'}",
            "see the service's log: a request without formats must get a picture",
        )
    if not stored:
        return failed("it is complete, and nothing is stored", "see the robot's data acquisition")
    if stored > 1:
        return warned(
            f"{stored} pictures are stored for one request", "see the robot's data acquisition"
        )
    return passed("a picture taken and stored")
