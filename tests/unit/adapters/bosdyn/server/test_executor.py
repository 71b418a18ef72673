"""Executor of calls: how many run at a time, and what happens when they block."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from spot_webcam.adapters.bosdyn.server import executor as module
from spot_webcam.adapters.bosdyn.server.executor import BURST, CallExecutor
from tests.timing import PATIENCE_S, eventually

MAX_THREADS = 6


class Work:
    """A job that ends when `go_on` is set."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self._before = before
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.thread = ""

    def __call__(self) -> None:
        self.thread = threading.current_thread().name
        self._before()
        self.begun.set()
        assert self.go_on.wait(PATIENCE_S)


class Stand:
    """An executor that runs two jobs at a time, inspected only by `inspect`."""

    def __init__(self) -> None:
        self.executor = CallExecutor(MAX_THREADS, max_running=2, inspection_s=PATIENCE_S)
        self._works: list[Work] = []

    def work(self, before: Callable[[], None] = lambda: None) -> Work:
        work = Work(before)
        self._works.append(work)
        self.executor.submit(work)
        return work

    def begun(self, count: int, before: Callable[[], None] = lambda: None) -> list[Work]:
        works = [self.work(before) for _ in range(count)]
        for work in works:
            assert work.begun.wait(PATIENCE_S)
        return works

    def rest(self, work: Work) -> None:
        """Let a job end, and wait until its thread has nothing to do any more."""
        resting = self._sleeping()
        work.go_on.set()
        assert eventually(lambda: self._sleeping() > resting)

    def _sleeping(self) -> int:
        return len(self.executor._sleeping)  # noqa: SLF001 - a thread reports nothing after its job

    def is_inspected(self) -> bool:
        return self.executor._has_queue.is_set()  # noqa: SLF001 - nothing shows what does not happen

    def close(self) -> None:
        for work in self._works:
            work.go_on.set()
        self.executor.shutdown()


@pytest.fixture
def stand() -> Iterator[Stand]:
    stand = Stand()
    yield stand
    stand.close()


def test_no_more_than_the_maximum_run_and_the_others_wait_in_their_order(stand: Stand) -> None:
    first, second = stand.begun(2)
    third, fourth = stand.work(), stand.work()
    first.go_on.set()
    assert third.begun.wait(PATIENCE_S)
    assert third.thread == first.thread
    assert not fourth.begun.is_set()
    second.go_on.set()
    assert fourth.begun.wait(PATIENCE_S)


def test_thread_that_slept_last_is_woken_first(stand: Stand) -> None:
    first, second = stand.begun(2)
    stand.rest(first)
    stand.rest(second)
    [third] = stand.begun(1)
    assert third.thread == second.thread


def test_job_that_enters_a_blocking_region_lets_another_run(stand: Stand) -> None:
    stand.begun(2)
    waiting = stand.work()
    aside = Work(stand.executor.enter_blocking_region)
    stand.executor.submit(aside)
    # It waits too, until one ends; from then on it counts no more.
    assert not waiting.begun.is_set()
    stand.executor.inspect()
    stand.executor.inspect()
    assert waiting.begun.wait(PATIENCE_S)
    assert aside.begun.wait(PATIENCE_S)
    aside.go_on.set()


def test_any_number_of_jobs_may_block(stand: Stand) -> None:
    stand.begun(MAX_THREADS, stand.executor.enter_blocking_region)


def test_there_are_no_more_threads_than_the_maximum(stand: Stand) -> None:
    works = stand.begun(MAX_THREADS, stand.executor.enter_blocking_region)
    last = stand.work()
    assert not last.begun.is_set()
    works[0].go_on.set()
    assert last.begun.wait(PATIENCE_S)


def test_thread_that_blocked_counts_again_in_its_next_job(stand: Stand) -> None:
    [aside] = stand.begun(1, stand.executor.enter_blocking_region)
    stand.begun(2)
    waiting = stand.work()
    stand.rest(aside)
    assert not waiting.begun.is_set()


def test_jobs_that_run_for_two_inspections_hold_up_nobody(stand: Stand) -> None:
    stand.begun(2)
    waiting = [stand.work() for _ in range(3)]
    stand.executor.inspect()
    assert not any(one.begun.is_set() for one in waiting)
    stand.executor.inspect()
    for one in waiting:
        assert one.begun.wait(PATIENCE_S)


def test_of_many_waiting_jobs_only_a_burst_begins_at_once() -> None:
    executor = CallExecutor(3 * BURST, max_running=1, inspection_s=PATIENCE_S)
    works = [Work() for _ in range(3 * BURST)]
    try:
        for work in works:
            executor.submit(work)
        assert works[0].begun.wait(PATIENCE_S)
        executor.inspect()
        for looked in range(2):
            executor.inspect()
            begun = 1 + BURST * (looked + 1)
            for work in works[:begun]:
                assert work.begun.wait(PATIENCE_S)
            assert not any(work.begun.is_set() for work in works[begun:])
    finally:
        for work in works:
            work.go_on.set()
        executor.shutdown()


def test_jobs_are_inspected_repeatedly_while_others_wait() -> None:
    executor = CallExecutor(MAX_THREADS, max_running=1, inspection_s=0.001)
    silent, call = Work(), Work()
    executor.submit(silent)
    executor.submit(call)
    try:
        assert call.begun.wait(PATIENCE_S)
    finally:
        silent.go_on.set()
        call.go_on.set()
        executor.shutdown()


def test_nothing_is_inspected_while_no_job_waits(stand: Stand) -> None:
    stand.begun(2)
    assert not stand.is_inspected()
    stand.work()
    assert stand.is_inspected()
    stand.executor.inspect()
    stand.executor.inspect()
    assert not stand.is_inspected()


def test_end_is_reported_to_callbacks_added_before_and_after_it(stand: Stand) -> None:
    reported: list[Any] = []
    work = Work()
    job = stand.executor.submit(work)
    job.add_done_callback(reported.append)
    assert not reported
    stand.rest(work)
    assert reported == [job]
    job.add_done_callback(reported.append)
    assert reported == [job, job]


def test_job_that_fails_has_ended_and_its_thread_goes_on(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise OSError("a defect")

    ended = threading.Event()
    stand.executor.submit(fail).add_done_callback(lambda _: ended.set())
    assert ended.wait(PATIENCE_S)
    assert "defect while answering a call" in caplog.text
    stand.begun(2)


def test_shutdown_finishes_the_jobs_that_were_submitted(stand: Stand) -> None:
    resting, *_ = stand.begun(1)
    stand.rest(resting)
    working = stand.begun(2)
    waiting = stand.work()
    names = {one.thread for one in [resting, *working]}
    stand.executor.shutdown()
    with pytest.raises(RuntimeError, match="shut down"):
        stand.work()
    for work in (*working, waiting):
        work.go_on.set()
    assert waiting.begun.wait(PATIENCE_S)
    for thread in threading.enumerate():
        if thread.name in names:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


class NoThread(threading.Thread):
    """What a host gives that has no more threads for us."""

    def start(self) -> None:
        raise RuntimeError("can't start new thread")


def test_system_that_refuses_even_one_thread_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.threading, "Thread", NoThread)
    with pytest.raises(RuntimeError, match=r"can.t start new thread"):
        CallExecutor(MAX_THREADS, 2)


def test_system_that_refuses_more_threads_has_jobs_wait(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    [first] = stand.begun(1)
    with monkeypatch.context() as patch:
        patch.setattr(module.threading, "Thread", NoThread)
        second = stand.work()
    assert not second.begun.is_set()
    first.go_on.set()
    assert second.begun.wait(PATIENCE_S)


def test_blocking_region_on_another_thread_does_nothing(stand: Stand) -> None:
    stand.executor.enter_blocking_region()
    stand.begun(2)
