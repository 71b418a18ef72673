from spot_webcam.adapters.v4l2.stamps import Stamps
from spot_webcam.domain.instant import MAX_READINGS
from spot_webcam.fakes.time.manual import ManualClock


class BusyClock(ManualClock):
    """A host that runs something else between two readings, the given times."""

    def __init__(self, *pauses_s: float) -> None:
        super().__init__()
        self.advance(100.0)
        self.pauses_s = list(pauses_s)

    def time_ns(self) -> int:
        time_ns = super().time_ns()
        if self.pauses_s:
            self.advance(self.pauses_s.pop(0))
        return time_ns


def test_pause_between_the_clocks_is_not_in_the_time() -> None:
    clock = BusyClock(0.04, 0.04)
    taken_ns = ManualClock().time_ns() + 100 * 10**9
    assert Stamps(clock, "camera").wall_ns(100 * 10**9) == taken_ns


def test_host_that_is_always_busy_returns_the_closest_reading() -> None:
    clock = BusyClock(*([0.04] * (MAX_READINGS - 1)), 0.001)
    device_timestamp_ns = Stamps(clock, "camera").wall_ns(100 * 10**9)
    assert device_timestamp_ns is not None
    assert abs(device_timestamp_ns - (ManualClock().time_ns() + 100 * 10**9)) < 10**6
    assert not clock.pauses_s
