"""The skew in use is never further off than it says, whatever the link does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.clock_skew import DRIFT_DIVISOR, ClockSkew, skew_of_round_trip
from spot_webcam.domain.timing import NANOSECONDS

MS = NANOSECONDS // 1000
DELAYS_NS = st.integers(0, 2 * NANOSECONDS)


def measured(
    skew_ns: int, there_ns: int, back_ns: int, *, sent_ns: int = 0, works_ns: int = 0
) -> ClockSkew:
    """Return what a round trip with these delays measures."""
    received_ns = sent_ns + there_ns + skew_ns
    skew = skew_of_round_trip(
        sent_ns, received_ns, received_ns + works_ns, sent_ns + there_ns + works_ns + back_ns
    )
    assert skew is not None
    return skew


@given(st.integers(-(10**18), 10**18), DELAYS_NS, DELAYS_NS, DELAYS_NS)
def test_round_trip_bounds_the_skew_however_its_ways_share_the_delay(
    true_ns: int, there_ns: int, back_ns: int, works_ns: int
) -> None:
    skew = measured(true_ns, there_ns, back_ns, works_ns=works_ns)
    assert abs(skew.skew_ns - true_ns) <= skew.error_ns(skew.measured_ns)
    assert skew.half_round_trip_ns == (there_ns + back_ns + 1) // 2


def test_clock_set_forward_during_the_call_gives_no_skew() -> None:
    assert skew_of_round_trip(0, 0, 10 * MS, 9 * MS) is None


@given(
    st.lists(st.tuples(DELAYS_NS, DELAYS_NS, st.integers(0, 600 * NANOSECONDS)), min_size=1),
    st.sampled_from([-1, 0, 1]),
)
def test_skew_in_use_is_never_further_off_than_it_says(
    round_trips: list[tuple[int, int, int]], drift: int
) -> None:
    now_ns, used = 0, None
    for there_ns, back_ns, pause_ns in round_trips:
        now_ns += pause_ns
        true_ns = drift * now_ns // DRIFT_DIVISOR
        newer = measured(true_ns, there_ns, back_ns, sent_ns=now_ns)
        used = newer if used is None else used.updated(newer)
        now_ns = newer.measured_ns
        # Rounding, and the drift within a round trip.
        slack_ns = 2 + (there_ns + back_ns) // DRIFT_DIVISOR
        assert abs(used.skew_ns - true_ns) <= used.error_ns(now_ns) + slack_ns


@given(st.lists(st.tuples(DELAYS_NS, DELAYS_NS), min_size=2), st.integers(0, 60 * NANOSECONDS))
def test_no_round_trip_makes_the_skew_less_precise_unless_a_clock_was_set(
    round_trips: list[tuple[int, int]], pause_ns: int
) -> None:
    used = measured(0, *round_trips[0])
    for there_ns, back_ns in round_trips[1:]:
        newer = measured(0, there_ns, back_ns, sent_ns=used.measured_ns + pause_ns)
        precise_ns = min(used.error_ns(newer.measured_ns), newer.half_round_trip_ns)
        used = used.updated(newer)
        assert used.error_ns(newer.measured_ns) == precise_ns


@pytest.mark.parametrize("late_way", ["there", "back"])
def test_long_round_trip_does_not_spoil_the_skew(late_way: str) -> None:
    good = measured(5 * NANOSECONDS, MS, MS)
    delays_ns = (300 * MS, MS) if late_way == "there" else (MS, 300 * MS)
    congested = measured(5 * NANOSECONDS, *delays_ns, sent_ns=NANOSECONDS)
    assert good.updated(congested) is good
    later = measured(5 * NANOSECONDS, MS, MS, sent_ns=2 * NANOSECONDS)
    assert congested.updated(later) is later


def test_equally_good_round_trip_replaces_an_older_one() -> None:
    older, newer = measured(0, MS, MS), measured(1000, MS, MS, sent_ns=60 * NANOSECONDS)
    assert older.updated(newer) is newer


def test_precision_is_lost_with_time() -> None:
    skew = measured(0, MS, MS)
    assert skew.error_ns(skew.measured_ns) == MS
    assert skew.error_ns(skew.measured_ns + 100 * NANOSECONDS) == 11 * MS
    # The clock's reading by another thread may be older.
    assert skew.error_ns(0) == MS


@pytest.mark.parametrize("step_ms", [200, -200, 300_000])
def test_clock_that_was_set_is_followed_as_far_as_the_round_trip_shows_it(step_ms: int) -> None:
    old = measured(0, MS, MS)
    newer = measured(step_ms * MS, 50 * MS, 50 * MS, sent_ns=NANOSECONDS)
    assert old.updated(newer) is newer
