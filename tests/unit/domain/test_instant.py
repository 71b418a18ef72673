from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.instant import (
    MAX_PLAUSIBLE_AGE_NS,
    MAX_READINGS,
    Instant,
    capture_instant,
    now,
)
from spot_webcam.domain.timing import NANOSECONDS
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


class SlowClock(ManualClock):
    """Each reading of the wall clock takes the next of these times, the last one for ever."""

    def __init__(self, *delays_s: float) -> None:
        super().__init__()
        self._delays_s = list(delays_s)
        self.readings = 0

    def time_ns(self) -> int:
        self.readings += 1
        self.advance(self._delays_s.pop(0) if len(self._delays_s) > 1 else self._delays_s[0])
        return super().time_ns()


def test_clocks_are_read_again_until_the_readings_are_close() -> None:
    clock = SlowClock(0.05, 0.05, 0.0)
    instant = now(clock)
    assert clock.readings == 3
    assert instant.monotonic_ns == clock.monotonic_ns()


def test_closest_readings_are_used_if_none_are_close() -> None:
    clock = SlowClock(0.05, 0.02, 0.05)
    instant = now(clock)
    assert clock.readings == MAX_READINGS
    assert instant.monotonic_ns == 60_000_000
