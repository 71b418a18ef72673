import threading
from collections.abc import Callable

import pytest

from spot_webcam.app.runtime.loop_thread import SHORTAGE_PAUSE_S, LoopThread
from spot_webcam.app.runtime.shortage import MEMORY
from spot_webcam.fakes.time.manual import ManualClock
from tests.timing import PATIENCE_S


class Steps:
    """Takes the given steps, in order, and asks the loop to stop in the last one."""

    def __init__(self, clock: ManualClock, *steps: Callable[[], float]) -> None:
        self._steps = list(steps)
        self.wake = threading.Event()
        self.log: list[str] = []
        self.threads: set[str] = set()
        self.loop = LoopThread("worker", self._step, clock, self.wake, self._finish)

    def _step(self) -> float:
        self.log.append("step")
        self.threads.add(threading.current_thread().name)
        step = self._steps.pop(0)
        if not self._steps:
            self.loop.ask_to_stop()
        return step()

    def _finish(self) -> None:
        self.log.append("finish")
        self.threads.add(threading.current_thread().name)

    def run(self) -> None:
        self.loop.start()
        assert self.loop.join(PATIENCE_S)


def wait(seconds: float) -> Callable[[], float]:
    return lambda: seconds


def fail() -> float:
    raise ZeroDivisionError("by nought")


def test_steps_are_taken_until_the_stop_and_then_all_is_finished(clock: ManualClock) -> None:
    steps = Steps(clock, wait(0.0), wait(1.0), wait(0.0))
    steps.run()
    assert steps.log == ["step", "step", "step", "finish"]
    assert steps.threads == {"worker"}


def test_wait_between_steps_is_what_the_step_said(clock: ManualClock) -> None:
    Steps(clock, wait(1.5), wait(0.0), wait(2.0), wait(0.0)).run()
    assert clock.monotonic_ns() == 3_500_000_000


def test_last_step_is_not_waited_after(clock: ManualClock) -> None:
    Steps(clock, wait(60.0)).run()
    assert clock.monotonic_ns() == 0


def test_wake_ends_the_wait(clock: ManualClock) -> None:
    steps = Steps(clock, wait(60.0), wait(0.0))
    steps.wake.set()
    steps.run()
    assert clock.monotonic_ns() == 0
    assert steps.log == ["step", "step", "finish"]


def lack_memory() -> float:
    raise MemoryError


def test_step_that_lacks_memory_is_tried_again_after_a_pause_and_logged_once(
    clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    steps = Steps(clock, lack_memory, lack_memory, wait(0.0))
    steps.run()
    assert steps.log == ["step", "step", "step", "finish"]
    assert clock.monotonic_ns() == round(2 * SHORTAGE_PAUSE_S * 1e9)
    assert caplog.messages == [f"worker: {MEMORY}"]


def test_shortage_that_comes_again_after_a_good_step_is_logged_again(
    clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    Steps(clock, lack_memory, wait(0.0), lack_memory, wait(0.0)).run()
    assert caplog.messages == [f"worker: {MEMORY}"] * 2


def test_defect_of_a_step_ends_the_thread_and_is_the_hook_s(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended_by: list[object] = []
    monkeypatch.setattr(
        threading, "excepthook", lambda reported: ended_by.append(reported.exc_type)
    )
    steps = Steps(clock, fail, wait(0.0))
    steps.run()
    assert steps.log == ["step"]
    assert ended_by == [ZeroDivisionError]


def test_stop_before_the_start_takes_no_step(clock: ManualClock) -> None:
    steps = Steps(clock, wait(0.0))
    steps.loop.ask_to_stop()
    steps.run()
    assert steps.log == ["finish"]


def test_join_says_whether_the_end_came(clock: ManualClock) -> None:
    go, begun = threading.Event(), threading.Event()

    def block() -> float:
        begun.set()
        assert go.wait(PATIENCE_S)
        return 0.0

    steps = Steps(clock, block)
    assert steps.loop.join(0.0)
    steps.loop.start()
    assert begun.wait(PATIENCE_S)
    assert not steps.loop.join(0.0)
    assert not steps.loop.join(-1.0)
    go.set()
    assert steps.loop.join(PATIENCE_S)
    assert steps.log == ["step", "finish"]


def test_step_shows_how_long_it_has_been_running(clock: ManualClock) -> None:
    seen: list[float] = []

    def slow() -> float:
        seen.append(steps.loop.step_s)
        clock.advance(2.5)
        seen.append(steps.loop.step_s)
        return 0.0

    steps = Steps(clock, slow)
    assert steps.loop.is_alive  # it has not ended
    steps.run()
    assert seen == [0.0, 2.5]
    assert steps.loop.step_s == 0.0
    assert not steps.loop.is_alive
