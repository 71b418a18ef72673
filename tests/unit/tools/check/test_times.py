import pytest

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.check.checks.times import (
    Sample,
    evaluate_change,
    evaluate_freshness,
    evaluate_order,
    evaluate_robot_time,
)
from spot_webcam.tools.check.findings import Verdict
from tests.unit.tools.check.messages import NOW_NS

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
