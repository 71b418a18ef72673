"""Whether the robot's data acquisition takes pictures from the service, and stores them."""

import time
from collections.abc import Iterator
from typing import Any, Protocol

from spot_webcam.tools.check.finding import Finding, failed, passed, warned
from spot_webcam.tools.check.target import SourceCheck, Target

# How often it is asked for the outcome.
LOOK_S = 0.2


class Acquisition(Protocol):
    """The robot's data acquisition; every method blocks for a call and raises `RobotError`."""

    def offered(self) -> set[str] | None:
        """Return the sources that it knows of the service, or `None`: not even that."""
        ...

    def acquire(self, source_name: str, group: str, time_ns: int) -> int:
        """Have a picture taken, and return the number of the request."""
        ...

    def outcome(self, number: int) -> tuple[str, str] | None:
        """Return the status and the errors of a request, or `None` while it is under way."""
        ...

    def stored(self, source_name: str, group: str) -> int:
        """Return how many pictures are stored."""
        ...


def judge_offer(offered: set[str] | None, name: str) -> Finding | None:
    """Judge whether data acquisition knows the source."""
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


def judge_outcome(outcome: tuple[str, str] | None, stored: int, patience_s: float) -> Finding:
    """Judge what became of one acquisition."""
    if outcome is None:
        return failed(f"not complete after {patience_s:g} s", "answer GetImage within some seconds")
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


def _acquired(target: Target, source: Any) -> Iterator[Finding]:
    acquisition: Acquisition = target.service.acquisition()
    problem = judge_offer(acquisition.offered(), source.name)
    if problem is not None:
        yield problem
        return
    now_ns = target.service.robot_now_ns()
    # Groups are for good: no two checks may share one.
    group = f"spot-webcam check of {target.service.name} at {now_ns}"
    number = acquisition.acquire(source.name, group, now_ns)
    patience_s = target.settings.timeout_s
    end_s = time.monotonic() + patience_s
    outcome = acquisition.outcome(number)
    while outcome is None and time.monotonic() < end_s:
        target.pause(LOOK_S)
        outcome = acquisition.outcome(number)
    yield judge_outcome(outcome, acquisition.stored(source.name, group), patience_s)


DATA_ACQUISITION = SourceCheck(
    "data acquisition", "the robot can take and store a picture", _acquired
)
