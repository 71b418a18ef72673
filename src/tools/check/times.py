"""Robot time, in order, fresh, and of pictures that do change."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.check.answers import OK, ask
from spot_webcam.tools.check.finding import Finding, Verdict, failed, passed, skipped, warned
from spot_webcam.tools.check.names import status_name
from spot_webcam.tools.check.replies import acquired_ns, trouble
from spot_webcam.tools.check.target import SourceCheck, Target

SAMPLES = 20
# How old a picture may be, and how old it is of no more use to a robot that moves.
FRESH_S, STALE_S = 1.0, 5.0
# What two time syncs of one robot may differ by.
SYNC_TOLERANCE_S = 0.25
# Of a smaller skew nobody can tell whether it was thought of.
TELLING_SKEW_S = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture's time, when it was asked for and got, all in robot time, and its bytes' hash."""

    acquired_ns: int
    sent_ns: int
    arrived_ns: int
    digest: bytes = b""

    @property
    def age_s(self) -> float:
        """How old it was on arrival."""
        return (self.arrived_ns - self.acquired_ns) / NANOSECONDS


def judge_robot_time(samples: Sequence[Sample], skew_ns: int) -> Finding:
    """Judge the clock of the times; `skew_ns` is robot time minus a good clock elsewhere."""
    ages = [one.age_s for one in samples]
    skew_s = skew_ns / NANOSECONDS
    if abs(skew_s) >= TELLING_SKEW_S:
        for times, what in (
            (1, "its computer's"),
            (2, "the robot's, converted the wrong way round"),
        ):
            if all(-SYNC_TOLERANCE_S <= age - times * skew_s <= STALE_S for age in ages):
                return failed(
                    f"the times are {what}: off by {ages[-1]:.1f} s, where the clocks differ by"
                    f" {skew_s:.1f} s",
                    "add the clock skew of the robot's time sync to the capture time",
                )
    if min(ages) < -SYNC_TOLERANCE_S:
        return failed(
            f"a time lies {-min(ages):.1f} s in the future",
            "add the clock skew to the capture time, and sync with the robot again each minute",
        )
    if abs(skew_s) < TELLING_SKEW_S:
        return passed(
            f"the times are the robot's, or this computer's: they differ by {skew_s:.3f} s only"
        )
    return passed(f"the times are the robot's, whose clock is off ours by {skew_s:.1f} s")


def judge_order(samples: Sequence[Sample]) -> Finding | None:
    """Judge that time goes forward from one picture to the next."""
    for one, other in itertools.pairwise(samples):
        if other.acquired_ns < one.acquired_ns:
            back_s = (one.acquired_ns - other.acquired_ns) / NANOSECONDS
            return failed(
                f"a picture is {back_s:.3f} s older than the one before",
                "hand out the newest frame only; run one service of this name only",
            )
    return None


def judge_freshness(samples: Sequence[Sample]) -> Finding:
    """Judge the ages on arrival."""
    max_age_s = max(one.age_s for one in samples)
    if max_age_s > STALE_S:
        return failed(
            f"a picture was {max_age_s:.1f} s old",
            "answer IMAGE_DATA_ERROR rather than a picture of a camera that has stopped",
        )
    if max_age_s > FRESH_S:
        return warned(
            f"a picture was {max_age_s:.1f} s old",
            "use the camera's newest frame: drivers keep some older ones in a queue",
        )
    return passed(f"up to {max(0.0, max_age_s) * 1000:.0f} ms old on arrival")


def judge_change(samples: Sequence[Sample]) -> Finding:
    """Judge whether pictures change with their times, and only with them."""
    times = {one.acquired_ns for one in samples}
    contents = {one.digest for one in samples}
    seconds = (samples[-1].arrived_ns - samples[0].sent_ns) / NANOSECONDS
    if len(times) == 1:
        if seconds < FRESH_S:
            return skipped(f"one picture in {seconds:.1f} s: too short a look")
        return warned(
            f"the same picture for {seconds:.1f} s",
            "is the camera stalled? Answer IMAGE_DATA_ERROR when it is",
        )
    if len(contents) == 1:
        return warned(
            f"{len(times)} times, and the same bytes each time",
            "is the camera frozen, or the scene a constant? Do not put new times on old frames",
        )
    if len(contents) > len(times):
        return warned(
            f"{len(contents)} pictures bear {len(times)} times",
            "stamp each frame when it is captured, to the nanosecond",
        )
    return passed(f"{len(times)} pictures in {seconds:.1f} s")


def _times(target: Target, source: Any) -> Iterator[Finding]:
    samples = []
    for number in range(SAMPLES):
        if number:
            target.pause(target.settings.watch_s / SAMPLES)
        reply = target.get(ask(source))
        problem = trouble(reply, 1)
        if problem is not None:
            yield problem
            return
        [answer] = reply.response.image_responses
        if answer.status != OK:
            yield failed(
                f"picture {number + 1} of {SAMPLES}: status {status_name(answer.status)}",
                "look at the camera, its cable and the service's log",
            )
            return
        digest = hashlib.sha256(answer.shot.image.data).digest()
        samples.append(Sample(acquired_ns(answer), reply.sent_ns, reply.arrived_ns, digest))
    clock = judge_robot_time(samples, target.service.skew_ns())
    yield clock
    ordered = judge_order(samples)
    if ordered is not None:
        yield ordered
    if clock.verdict is not Verdict.FAIL:
        yield judge_freshness(samples)
    yield judge_change(samples)


TIMES = SourceCheck("times", "acquisition times are the robot's, in order and fresh", _times)
