"""The manual clock."""

import threading

from spot_webcam.fakes.time.manual import ManualClock

SECOND = 1_000_000_000


def test_time_passes_by_advance_on_both_clocks() -> None:
    clock = ManualClock(time_ns=5)
    clock.advance(2.0)
    assert (clock.time_ns(), clock.monotonic_ns()) == (5 + 2 * SECOND, 2 * SECOND)


def test_step_moves_the_wall_clock_only() -> None:
    clock = ManualClock(time_ns=5 * SECOND)
    clock.step(-2.0)
    assert (clock.time_ns(), clock.monotonic_ns()) == (3 * SECOND, 0)


def test_wait_takes_its_whole_time_at_once() -> None:
    clock = ManualClock()
    assert not clock.wait(threading.Event(), 1.5)
    assert clock.monotonic_ns() == 15 * SECOND // 10


def test_wait_for_a_set_event_takes_no_time() -> None:
    clock = ManualClock()
    event = threading.Event()
    event.set()
    assert clock.wait(event, 1.5)
    assert clock.monotonic_ns() == 0
