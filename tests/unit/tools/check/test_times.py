import math
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.check.checks.times import (
    MAX_PERIOD_S,
    SAMPLES,
    Sample,
    evaluate_change,
    evaluate_freshness,
    evaluate_order,
    evaluate_robot_time,
    times,
)
from spot_webcam.tools.check.findings import Finding, Verdict
from spot_webcam.tools.check.service import CheckSettings, ServiceUnderTest
from spot_webcam.tools.robot_clients.check_client import Reply
from tests.unit.tools.check.messages import (
    NOW_NS,
    jpeg_of,
    make_answer,
    make_reply,
    make_request,
    make_source,
    rgb_scene,
    verdicts,
)

SKEW_S = 420.0
SKEW_NS = int(SKEW_S * NANOSECONDS)


def samples(*ages_s: float, digests: str = "", every_s: float = 0.1) -> list[Sample]:
    """Pictures of these ages, one after the other; each of its own bytes if none are given."""
    taken = []
    for number, age_s in enumerate(ages_s):
        arrived_ns = NOW_NS + int(number * every_s * NANOSECONDS)
        digest = (digests[number] if digests else str(number)).encode()
        taken.append(
            Sample(arrived_ns - int(age_s * NANOSECONDS), arrived_ns - 1000, arrived_ns, digest)
        )
    return taken


def test_robot_time_passes() -> None:
    assert evaluate_robot_time(samples(0.02, 0.05), SKEW_NS).verdict is Verdict.PASS


@pytest.mark.parametrize("skew_s", [SKEW_S, -SKEW_S])
def test_forgotten_conversion_shows_as_the_skew(skew_s: float) -> None:
    found = evaluate_robot_time(samples(skew_s + 0.02, skew_s + 0.05), int(skew_s * NANOSECONDS))
    assert found.verdict is Verdict.FAIL
    assert "its computer's" in found.reason


def test_skew_taken_away_instead_of_added_is_reported() -> None:
    found = evaluate_robot_time(samples(2 * SKEW_S + 0.02), SKEW_NS)
    assert "wrong way round" in found.reason


def test_future_fails() -> None:
    found = evaluate_robot_time(samples(0.02, -3.0), SKEW_NS)
    assert found.verdict is Verdict.FAIL
    assert "3.0 s in the future" in found.reason


def test_small_skew_cannot_tell_the_clocks_apart_and_says_so() -> None:
    found = evaluate_robot_time(samples(0.02), NANOSECONDS // 100)
    assert found.verdict is Verdict.PASS
    assert "or this computer's" in found.reason


def test_order_is_kept_or_not() -> None:
    assert evaluate_order(samples(0.02, 0.12, 0.02)) is None
    found = evaluate_order(samples(0.02, 0.62))
    assert found is not None
    assert "0.500 s older" in found.reason


@pytest.mark.parametrize(
    ("age_s", "verdict"), [(0.9, Verdict.PASS), (2.0, Verdict.WARN), (8.0, Verdict.FAIL)]
)
def test_age_decides(age_s: float, verdict: Verdict) -> None:
    assert evaluate_freshness(samples(0.02, age_s)).verdict is verdict


def test_pictures_that_change_pass() -> None:
    assert evaluate_change(samples(0.02, 0.02, 0.02)).verdict is Verdict.PASS


def test_new_times_on_the_same_bytes_are_warned_of() -> None:
    found = evaluate_change(samples(0.02, 0.02, 0.02, digests="aaa"))
    assert found.verdict is Verdict.WARN
    assert "same bytes" in found.reason


def test_one_picture_for_long_is_warned_of_and_for_a_moment_is_not() -> None:
    long = evaluate_change(samples(0.0, 1.0, 2.0, digests="aaa", every_s=1.0))
    moment = evaluate_change(samples(0.0, 0.1, digests="aa"))
    assert (long.verdict, moment.verdict) == (Verdict.WARN, Verdict.SKIP)


def test_more_pictures_than_times_are_warned_of() -> None:
    found = evaluate_change(samples(0.0, 0.1, 0.0, digests="abc"))
    assert "3 pictures bear 2 times" in found.reason


@pytest.mark.parametrize(
    ("age_s", "verdict"), [(2.9, Verdict.PASS), (5.0, Verdict.WARN), (16.0, Verdict.FAIL)]
)
def test_age_of_a_slow_camera_s_picture_is_measured_in_its_periods(
    age_s: float, verdict: Verdict
) -> None:
    ages_s = [age_s - 2.0, age_s - 1.0, age_s] * 2  # a new picture each three seconds
    assert evaluate_freshness(samples(*ages_s, every_s=1.0)).verdict is verdict


class SlowService:
    """A service with a picture each `period_s`; the time passes while the check pauses."""

    name = "under-test"

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self.passed_s = 0.5
        self.calls = 0

    def skew_ns(self) -> int:
        return SKEW_NS

    def begin(self, _requests: Sequence[Any], _timeout_s: float) -> "SlowService":
        return self

    def wait(self, seconds: "float | threading.Event") -> "Reply | bool":
        """Be a pending call, and the event that ends the command, for which the check waits."""
        if isinstance(seconds, float):
            self.passed_s += seconds
            return False
        self.calls += 1
        number = math.floor(self.passed_s / self._period_s)
        answer = make_answer(data=jpeg_of(rgb_scene()) + bytes([number]))
        answer.shot.acquisition_time.FromNanoseconds(
            NOW_NS + round(number * self._period_s * NANOSECONDS)
        )
        now_ns = NOW_NS + round(self.passed_s * NANOSECONDS)
        reply = make_reply([make_request()], [answer])
        return Reply(reply.request, reply.response, now_ns, now_ns)


def watched(service: Any, watch_s: float) -> list[Finding]:
    target = ServiceUnderTest(service, CheckSettings(watch_s=watch_s), service)
    return list(times.run(target, make_source()))


@pytest.mark.parametrize("watch_s", [1.0, 3.0])
@pytest.mark.parametrize("period_s", [0.1, 1.0, 1 / 0.33, 5.5])
def test_camera_is_watched_until_it_has_a_new_picture(period_s: float, watch_s: float) -> None:
    assert set(verdicts(watched(SlowService(period_s), watch_s))) == {Verdict.PASS}


def test_camera_with_many_pictures_is_watched_no_longer() -> None:
    service = SlowService(0.5)
    watched(service, 3.0)
    assert service.calls == SAMPLES


def test_camera_without_a_new_picture_is_stalled() -> None:
    service = SlowService(60.0)
    *_, changed = watched(service, 3.0)
    assert changed.verdict is Verdict.WARN
    assert changed.reason.startswith("the same picture for ")
    assert service.passed_s <= MAX_PERIOD_S + 3.0 / SAMPLES


def test_old_picture_is_not_watched_for_a_new_one() -> None:
    service = SlowService(60.0)
    service.passed_s = 10.0
    old, *_ = watched(service, 3.0)[1:]
    assert (old.verdict, service.calls) == (Verdict.FAIL, SAMPLES)
