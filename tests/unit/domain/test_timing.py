from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.timing import (
    MAX_PLAUSIBLE_AGE_NS,
    NANOSECONDS,
    Instant,
    capture_instant,
    now,
)
from spot_webcam.fakes.time.manual import ManualClock

WALL_NS = 1_700_000_000 * NANOSECONDS
GRABBED = Instant(WALL_NS, 60 * NANOSECONDS)


def test_now_is_both_clocks(clock: ManualClock) -> None:
    clock.advance(2.0)
    assert now(clock) == Instant(clock.time_ns(), 2 * NANOSECONDS)


def test_grab_time_is_taken_where_the_camera_tells_none() -> None:
    assert capture_instant(None, GRABBED) == GRABBED


@given(st.integers(0, MAX_PLAUSIBLE_AGE_NS))
def test_plausible_time_of_the_camera_moves_both_clocks_back(age_ns: int) -> None:
    taken = capture_instant(WALL_NS - age_ns, GRABBED)
    assert taken == Instant(WALL_NS - age_ns, GRABBED.monotonic_ns - age_ns)


@given(st.integers(max_value=-1) | st.integers(min_value=MAX_PLAUSIBLE_AGE_NS + 1))
def test_implausible_time_of_the_camera_is_not_believed(age_ns: int) -> None:
    assert capture_instant(WALL_NS - age_ns, GRABBED) == GRABBED
