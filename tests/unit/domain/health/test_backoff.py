import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.health.backoff import Backoff
from tests.timing import NoJitter


def test_waits_double_up_to_the_cap() -> None:
    backoff = Backoff(0.5, 3.0, NoJitter())
    assert [backoff.next_s() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_reset_begins_again() -> None:
    backoff = Backoff(0.5, 3.0, NoJitter())
    backoff.next_s()
    backoff.next_s()
    backoff.reset()
    assert backoff.next_s() == 0.5


@given(st.integers(), st.floats(0.01, 10.0), st.floats(1.0, 100.0))
def test_jitter_takes_at_most_half_away(seed: int, first_s: float, factor: float) -> None:
    cap_s = first_s * factor
    plain = Backoff(first_s, cap_s, NoJitter())
    jittered = Backoff(first_s, cap_s, random.Random(seed))  # noqa: S311 - no secret
    for _ in range(12):
        whole_s = plain.next_s()
        assert whole_s / 2 <= jittered.next_s() <= whole_s <= cap_s


def test_two_backoffs_do_not_come_back_together() -> None:
    waits = [Backoff(1.0, 8.0).next_s() for _ in range(20)]
    assert all(one != other for one, other in pairwise(waits))
