import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.health.staleness import (
    MAX_LIMIT_S,
    MIN_LIMIT_S,
    REMEMBERED_INTERVALS,
    StalenessEstimator,
)
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.ports import CameraMode
from spot_webcam.domain.timing import NANOSECONDS

MIN_NS = int(MIN_LIMIT_S * NANOSECONDS)
MAX_NS = int(MAX_LIMIT_S * NANOSECONDS)


def mode(fps: float | None) -> CameraMode:
    return CameraMode(640, 480, Layout.BGR8, fps)


def deliver_every(
    period: StalenessEstimator, interval_ns: int, times: int, begin_ns: int = 0
) -> int:
    for number in range(times):
        period.delivered(begin_ns + number * interval_ns)
    return begin_ns + times * interval_ns


def test_limit_is_a_second_before_anything_is_known() -> None:
    assert StalenessEstimator().limit_ns == MIN_NS


@pytest.mark.parametrize(
    ("fps", "limit_s"),
    [(None, 1.0), (0.0, 1.0), (1000.0, 1.0), (30.0, 1.0), (2.0, 2.5), (0.5, 10.0), (0.01, 30.0)],
)
def test_limit_is_five_periods_within_a_second_and_half_a_minute(
    fps: float | None, limit_s: float
) -> None:
    period = StalenessEstimator()
    period.opened(mode(fps))
    assert period.limit_ns == int(limit_s * NANOSECONDS)


def test_camera_that_is_slower_than_it_tells_is_believed_by_what_it_does() -> None:
    period = StalenessEstimator()
    period.opened(mode(30.0))
    deliver_every(period, NANOSECONDS, REMEMBERED_INTERVALS + 1)
    assert period.limit_ns == 5 * NANOSECONDS


@pytest.mark.parametrize("skipped", [1, 8, 100])
def test_skipped_frames_do_not_make_a_camera_slow(skipped: int) -> None:
    period = StalenessEstimator(starting_limit_s=10.0)
    period.opened(mode(None))
    for number in range(REMEMBERED_INTERVALS + 1):
        period.delivered(number * (1 + skipped) * NANOSECONDS // 2, 1 + skipped)
    assert period.limit_ns == 5 * NANOSECONDS // 2


def test_rate_is_known_after_one_call_for_many_frames() -> None:
    period = StalenessEstimator(starting_limit_s=10.0)
    period.opened(mode(None))
    period.delivered(0)
    period.delivered(10 * NANOSECONDS, 20)
    assert period.limit_ns == 5 * NANOSECONDS // 2


def test_camera_that_is_faster_than_it_tells_keeps_the_longer_limit() -> None:
    period = StalenessEstimator()
    period.opened(mode(1.0))
    deliver_every(period, NANOSECONDS // 30, REMEMBERED_INTERVALS + 1)
    assert period.limit_ns == 5 * NANOSECONDS


@pytest.mark.parametrize("fps", [None, 30.0])
def test_first_interval_is_measured(fps: float | None) -> None:
    period = StalenessEstimator()
    period.opened(mode(fps))
    deliver_every(period, NANOSECONDS, 2)
    assert period.limit_ns == 5 * NANOSECONDS


def test_few_intervals_count_by_the_longest() -> None:
    """The first pictures come at once, from a buffer."""
    period = StalenessEstimator()
    deliver_every(period, 0, 4)
    deliver_every(period, NANOSECONDS, 2, NANOSECONDS)
    assert period.limit_ns == 5 * NANOSECONDS


@pytest.mark.parametrize("fps", [None, 30.0])
@pytest.mark.parametrize("rate_hz", [30.0, 1.0, 0.7, 0.5, 0.33])
def test_no_frame_of_a_slow_camera_is_stale_before_the_next_one_however_often_it_is_opened(
    fps: float | None, rate_hz: float
) -> None:
    """Of a rate that it does not report, or that is found to be wrong."""
    period = StalenessEstimator(starting_limit_s=10.0)
    interval_ns = int(NANOSECONDS / rate_hz)
    is_known = fps is None
    for opening in range(3):
        period.opened(mode(fps))
        for number in range(2 * REMEMBERED_INTERVALS):
            period.delivered((100 * opening + number) * interval_ns)
            if is_known:
                assert period.limit_ns > interval_ns
            is_known = True
    assert period.limit_ns == max(MIN_NS, 5 * interval_ns)


def test_frame_from_before_an_outage_is_no_fresher_when_the_camera_is_opened_again() -> None:
    period = StalenessEstimator(starting_limit_s=10.0)
    period.opened(mode(None))
    deliver_every(period, NANOSECONDS // 30, REMEMBERED_INTERVALS + 1)
    assert period.limit_ns == MIN_NS
    period.opened(mode(None))
    assert period.limit_ns == MIN_NS


def test_one_hiccup_moves_nothing() -> None:
    period = StalenessEstimator()
    end_ns = deliver_every(period, NANOSECONDS // 2, REMEMBERED_INTERVALS + 1)
    before_ns = period.limit_ns
    period.delivered(end_ns + 20 * NANOSECONDS)
    assert period.limit_ns == before_ns == 5 * NANOSECONDS // 2


def test_camera_that_speeds_up_again_is_followed() -> None:
    period = StalenessEstimator()
    end_ns = deliver_every(period, NANOSECONDS, REMEMBERED_INTERVALS + 1)
    deliver_every(period, NANOSECONDS // 100, REMEMBERED_INTERVALS + 1, end_ns)
    assert period.limit_ns == MIN_NS


def test_opening_at_another_rate_forgets_what_was_measured() -> None:
    period = StalenessEstimator()
    period.opened(mode(0.5))
    deliver_every(period, 2 * NANOSECONDS, REMEMBERED_INTERVALS + 1)
    period.opened(mode(30.0))
    assert period.limit_ns == MIN_NS


def test_time_between_two_openings_is_no_interval() -> None:
    period = StalenessEstimator()
    period.opened(mode(30.0))
    period.delivered(0)
    period.opened(mode(30.0))
    period.delivered(20 * NANOSECONDS)
    assert period.limit_ns == MIN_NS


@given(
    st.none() | st.floats(0.001, 1e6),
    st.lists(st.integers(-(2**40), 2**40), max_size=15),
)
def test_limit_is_within_its_bounds_whatever_a_camera_does(
    fps: float | None, intervals_ns: list[int]
) -> None:
    period = StalenessEstimator()
    period.opened(mode(fps))
    moment_ns = 0
    for interval_ns in intervals_ns:
        moment_ns += interval_ns
        period.delivered(moment_ns)
        assert MIN_NS <= period.limit_ns <= MAX_NS


@pytest.mark.parametrize("fps", [5e-324, -1.0, math.inf, -math.inf, math.nan])
def test_limit_is_within_its_bounds_whatever_rate_a_camera_claims(fps: float) -> None:
    period = StalenessEstimator()
    period.opened(mode(fps))
    assert MIN_NS <= period.limit_ns <= MAX_NS


def test_limit_of_a_camera_of_unknown_rate_is_generous_until_enough_intervals_are_known() -> None:
    period = StalenessEstimator(min_intervals=3, starting_limit_s=10.0)
    period.started(0)
    assert period.limit_ns == 10 * NANOSECONDS
    period.delivered(4 * NANOSECONDS)
    assert period.limit_ns == 20 * NANOSECONDS
    period.delivered(4 * NANOSECONDS + 1)
    assert period.limit_ns == 20 * NANOSECONDS
    period.delivered(4 * NANOSECONDS + 2)
    assert period.limit_ns == MIN_NS


def test_restart_forgets_the_rate() -> None:
    period = StalenessEstimator(min_intervals=3, starting_limit_s=10.0)
    period.opened(mode(0.5))
    deliver_every(period, 2 * NANOSECONDS, 5)
    period.started(100 * NANOSECONDS)
    assert period.limit_ns == 10 * NANOSECONDS


def test_limit_of_the_operator_counts_whatever_the_rate() -> None:
    period = StalenessEstimator(starting_limit_s=10.0, fixed_limit_s=0.3)
    assert period.limit_ns == 3 * NANOSECONDS // 10
    period.opened(mode(0.5))
    deliver_every(period, 2 * NANOSECONDS, 20)
    assert period.limit_ns == 3 * NANOSECONDS // 10
