"""The threads that answer calls, and how many of them do at a time."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from spot_webcam.adapters.bosdyn.server import executor as call_threads
from spot_webcam.adapters.bosdyn.server.executor import SURGE, CallExecutor, enter_blocking_region

PATIENCE_S = 20.0
MOST = 6


class Work:
    """A job that ends when it is told to."""

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
    """Threads of which two work at a time, looked after only by `look`."""

    def __init__(self) -> None:
        self.threads = CallExecutor(MOST, at_work=2, look_s=PATIENCE_S)
        self._works: list[Work] = []

    def work(self, before: Callable[[], None] = lambda: None) -> Work:
        work = Work(before)
        self._works.append(work)
        self.threads.submit(work)
        return work

    def begun(self, count: int, before: Callable[[], None] = lambda: None) -> list[Work]:
        works = [self.work(before) for _ in range(count)]
        for work in works:
            assert work.begun.wait(PATIENCE_S)
        return works

    def rest(self, work: Work) -> None:
        """Let a job end, and wait until its thread has nothing to do any more."""
        resting = len(self.threads._resting)
        work.go_on.set()
        while len(self.threads._resting) == resting:
            threading.Event().wait(0.001)

    def close(self) -> None:
        for work in self._works:
            work.go_on.set()
        self.threads.shutdown()


@pytest.fixture
def stand() -> Iterator[Stand]:
    stand = Stand()
    yield stand
    stand.close()


def test_so_many_work_and_the_next_wait_in_their_order(stand: Stand) -> None:
    first, second = stand.begun(2)
    third, fourth = stand.work(), stand.work()
    assert len(stand.threads._waiting) == 2
    first.go_on.set()
    assert third.begun.wait(PATIENCE_S)
    assert third.thread == first.thread
    assert not fourth.begun.is_set()
    second.go_on.set()
    assert fourth.begun.wait(PATIENCE_S)


def test_who_rested_last_works_first(stand: Stand) -> None:
    first, second = stand.begun(2)
    stand.rest(first)
    stand.rest(second)
    [third] = stand.begun(1)
    assert third.thread == second.thread


def test_one_that_steps_aside_lets_another_work(stand: Stand) -> None:
    stand.begun(2)
    waiting = stand.work()
    aside = Work(enter_blocking_region)
    stand.threads.submit(aside)
    # It waits too, until one ends; from then on it counts no more.
    assert not waiting.begun.is_set()
    stand.threads.look()
    stand.threads.look()
    assert waiting.begun.wait(PATIENCE_S)
    assert aside.begun.wait(PATIENCE_S)
    aside.go_on.set()


def test_any_number_steps_aside(stand: Stand) -> None:
    stand.begun(MOST, enter_blocking_region)


def test_no_more_threads_than_the_most(stand: Stand) -> None:
    works = stand.begun(MOST, enter_blocking_region)
    last = stand.work()
    assert not last.begun.is_set()
    works[0].go_on.set()
    assert last.begun.wait(PATIENCE_S)


def test_one_that_stepped_aside_and_has_ended_counts_again(stand: Stand) -> None:
    [aside] = stand.begun(1, enter_blocking_region)
    stand.begun(2)
    waiting = stand.work()
    stand.rest(aside)
    assert not waiting.begun.is_set()


def test_jobs_seen_at_two_looks_hold_up_nobody(stand: Stand) -> None:
    stand.begun(2)
    waiting = [stand.work() for _ in range(3)]
    stand.threads.look()
    assert not any(one.begun.is_set() for one in waiting)
    stand.threads.look()
    for one in waiting:
        assert one.begun.wait(PATIENCE_S)


def test_of_many_that_wait_only_some_begin_at_once() -> None:
    threads = CallExecutor(3 * SURGE, at_work=1, look_s=PATIENCE_S)
    works = [Work() for _ in range(3 * SURGE)]
    try:
        for work in works:
            threads.submit(work)
        assert works[0].begun.wait(PATIENCE_S)
        threads.look()
        for looked in range(2):
            threads.look()
            begun = 1 + SURGE * (looked + 1)
            for work in works[:begun]:
                assert work.begun.wait(PATIENCE_S)
            assert not any(work.begun.is_set() for work in works[begun:])
    finally:
        for work in works:
            work.go_on.set()
        threads.shutdown()


def test_looks_happen_by_themselves_while_calls_wait() -> None:
    threads = CallExecutor(MOST, at_work=1, look_s=0.001)
    silent, call = Work(), Work()
    threads.submit(silent)
    threads.submit(call)
    try:
        assert call.begun.wait(PATIENCE_S)
    finally:
        silent.go_on.set()
        call.go_on.set()
        threads.shutdown()


def test_nobody_looks_while_no_call_waits(stand: Stand) -> None:
    stand.begun(2)
    assert not stand.threads._crowded.is_set()
    stand.work()
    assert stand.threads._crowded.is_set()
    stand.threads.look()
    stand.threads.look()
    assert not stand.threads._crowded.is_set()


def test_end_is_told_before_and_after_it(stand: Stand) -> None:
    told: list[Any] = []
    work = Work()
    job = stand.threads.submit(work)
    job.add_done_callback(told.append)
    assert not told
    stand.rest(work)
    assert told == [job]
    job.add_done_callback(told.append)
    assert told == [job, job]


def test_job_that_fails_has_ended_and_its_thread_goes_on(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise OSError("a defect")

    ended = threading.Event()
    stand.threads.submit(fail).add_done_callback(lambda _: ended.set())
    assert ended.wait(PATIENCE_S)
    assert "a defect in answering a call" in caplog.text
    stand.begun(2)


def test_shut_down_they_do_what_they_have_and_end(stand: Stand) -> None:
    resting, *_ = stand.begun(1)
    stand.rest(resting)
    working = stand.begun(2)
    waiting = stand.work()
    names = {one.thread for one in [resting, *working]}
    stand.threads.shutdown()
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


def test_host_without_a_thread_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_threads.threading, "Thread", NoThread)
    with pytest.raises(RuntimeError, match=r"can.t start new thread"):
        CallExecutor(MOST)


def test_host_without_more_threads_has_calls_wait(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    [first] = stand.begun(1)
    with monkeypatch.context() as patch:
        patch.setattr(call_threads.threading, "Thread", NoThread)
        second = stand.work()
    assert not second.begun.is_set()
    first.go_on.set()
    assert second.begun.wait(PATIENCE_S)


def test_stepping_aside_on_another_thread_does_nothing() -> None:
    enter_blocking_region()
