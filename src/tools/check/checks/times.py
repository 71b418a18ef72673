"""Checks of acquisition times: robot time, in order, fresh, and new for new pictures."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.check.findings import (
    CheckFailed,
    Finding,
    Verdict,
    failed,
    image_format_name,
    passed,
    skipped,
    status_name,
    warned,
)
from spot_webcam.tools.check.replies import acquired_ns
from spot_webcam.tools.check.service import OK, ServiceUnderTest, ask, source_check

SAMPLES = 20
# Rounds through all image formats.
_ROUNDS = 4
# Age up to which a picture is fresh, and age from which it is useless to a robot that moves.
FRESH_S, STALE_S = 1.0, 5.0
# The same in times between two pictures, for a slow camera: its newest picture is older.
_FRESH_PERIODS, _STALE_PERIODS = 1.5, 5.0
# A camera that has no new picture for so long is not slow, but stalled.
MAX_PERIOD_S = 6.0
# Difference between two time syncs with one robot.
SYNC_TOLERANCE_S = 0.25
# With a smaller clock skew, a missing conversion cannot be recognised.
MIN_SKEW_S = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Acquisition time, call times and content of a picture, in robot time."""

    acquired_ns: int
    sent_ns: int
    arrived_ns: int
    digest: bytes = b""

    @property
    def age_s(self) -> float:
        """Age on arrival."""
        return (self.arrived_ns - self.acquired_ns) / NANOSECONDS


@dataclass(frozen=True, slots=True)
class FormatSample:
    """Acquisition time of a picture, and the name of its image format."""

    image_format: str
    acquired_ns: int


@source_check("times", "acquisition times are the robot's, in order and fresh")
def times(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Watch a source for some seconds."""
    samples: list[Sample] = []
    while len(samples) < SAMPLES or _may_be_slow(samples):
        if samples:
            target.pause(target.settings.watch_s / SAMPLES)
        reply = target.get_answers(ask(source))
        [answer] = reply.response.image_responses
        if answer.status != OK:
            yield failed(
                f"picture {len(samples) + 1}: status {status_name(answer.status)}",
                "look at the camera, its cable and the service's log",
            )
            return
        digest = hashlib.sha256(answer.shot.image.data).digest()
        samples.append(Sample(acquired_ns(answer), reply.sent_ns, reply.arrived_ns, digest))
    clock = evaluate_robot_time(samples, target.client.skew_ns())
    yield clock
    ordered = evaluate_order(samples)
    if ordered is not None:
        yield ordered
    if clock.verdict is not Verdict.FAIL:
        yield evaluate_freshness(samples)
    yield evaluate_change(samples)


def _may_be_slow(samples: Sequence[Sample]) -> bool:
    """Return whether there was one picture only, of a camera that may have a new one soon."""
    watched_s = (samples[-1].arrived_ns - samples[0].sent_ns) / NANOSECONDS
    is_one = samples[-1].acquired_ns == samples[0].acquired_ns
    return is_one and max(watched_s, samples[-1].age_s) < MAX_PERIOD_S


@source_check("times by format", "each format's times are in order")
def times_by_format(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Request each image format in turn."""
    formats = list(dict.fromkeys(source.image_formats)) or [0]
    samples = []
    for image_format in formats * _ROUNDS:
        name = image_format_name(image_format)
        reply = target.get_answers(ask(source, image_format=image_format))
        [answer] = reply.response.image_responses
        if answer.status != OK:
            status = status_name(answer.status)
            raise CheckFailed(failed(f"{name}: status {status}", "look at the camera and its log"))
        samples.append(FormatSample(name, acquired_ns(answer)))
    found = list(evaluate_formats(samples))
    names = ", ".join(image_format_name(number) for number in formats)
    yield from found or [passed(f"{names}: in order, each for itself and in turn")]


def evaluate_robot_time(samples: Sequence[Sample], skew_ns: int) -> Finding:
    """Find the clock of the times; `skew_ns` is robot time minus that of another good clock."""
    ages_s = [sample.age_s for sample in samples]
    stale_s = _max_age_s(samples, STALE_S, _STALE_PERIODS)
    skew_s = skew_ns / NANOSECONDS
    if abs(skew_s) >= MIN_SKEW_S:
        for factor, what in (
            (1, "its computer's"),
            (2, "the robot's, converted the wrong way round"),
        ):
            if all(-SYNC_TOLERANCE_S <= age_s - factor * skew_s <= stale_s for age_s in ages_s):
                return failed(
                    f"the times are {what}: off by {ages_s[-1]:.1f} s, where the clocks differ by"
                    f" {skew_s:.1f} s",
                    "add the clock skew of the robot's time sync to the capture time",
                )
    if min(ages_s) < -SYNC_TOLERANCE_S:
        return failed(
            f"a time lies {-min(ages_s):.1f} s in the future",
            "add the clock skew to the capture time, and sync with the robot again each minute",
        )
    if abs(skew_s) < MIN_SKEW_S:
        return passed(
            f"the times are the robot's, or this computer's: they differ by {skew_s:.3f} s only"
        )
    return passed(f"the times are the robot's, whose clock is off ours by {skew_s:.1f} s")


def evaluate_order(samples: Sequence[Sample]) -> Finding | None:
    """Return the problem if time goes back from one picture to the next."""
    back_s = _max_step_back_s([sample.acquired_ns for sample in samples])
    return _older(back_s) if back_s else None


def evaluate_formats(samples: Sequence[FormatSample]) -> Iterator[Finding]:
    """Find times that go back, within an image format and from one to the next."""
    names = list(dict.fromkeys(sample.image_format for sample in samples))
    for name in names:
        of_format = [sample.acquired_ns for sample in samples if sample.image_format == name]
        back_s = _max_step_back_s(of_format)
        if back_s:
            yield _older(back_s).of(name)
            return
    back_s = _max_step_back_s([sample.acquired_ns for sample in samples])
    if back_s:
        yield warned(
            f"asked for in turn, {' and '.join(names)} go back in time by up to {back_s:.3f} s",
            "make all formats from the newest frame: who asks for both sees time go back",
        )


def _max_step_back_s(times_ns: Sequence[int]) -> float:
    steps_ns = (before - after for before, after in itertools.pairwise(times_ns))
    return max(0, *steps_ns, 0) / NANOSECONDS


def _older(back_s: float) -> Finding:
    return failed(
        f"a picture is {back_s:.3f} s older than the one before",
        "hand out the newest frame only; run one service of this name only",
    )


def evaluate_freshness(samples: Sequence[Sample]) -> Finding:
    """Evaluate the ages on arrival."""
    max_age_s = max(sample.age_s for sample in samples)
    if max_age_s > _max_age_s(samples, STALE_S, _STALE_PERIODS):
        return failed(
            f"a picture was {max_age_s:.1f} s old",
            "answer IMAGE_DATA_ERROR rather than a picture of a camera that has stopped",
        )
    if max_age_s > _max_age_s(samples, FRESH_S, _FRESH_PERIODS):
        return warned(
            f"a picture was {max_age_s:.1f} s old",
            "use the camera's newest frame: drivers keep some older ones in a queue",
        )
    return passed(f"up to {max(0.0, max_age_s) * 1000:.0f} ms old on arrival")


def _max_age_s(samples: Sequence[Sample], usual_s: float, periods: float) -> float:
    """Return an age, or so many times the median time between two pictures."""
    steps_ns = sorted(
        after.acquired_ns - before.acquired_ns
        for before, after in itertools.pairwise(samples)
        if after.acquired_ns > before.acquired_ns
    )
    period_s = steps_ns[(len(steps_ns) - 1) // 2] / NANOSECONDS if steps_ns else 0.0
    return max(usual_s, periods * min(period_s, MAX_PERIOD_S))


def evaluate_change(samples: Sequence[Sample]) -> Finding:
    """Evaluate whether pictures change with their times, and only with them."""
    times = {sample.acquired_ns for sample in samples}
    contents = {sample.digest for sample in samples}
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
