import threading

import pytest

from spot_webcam.app.serving import fair_semaphore as module
from spot_webcam.app.serving.fair_semaphore import FairSemaphore
from tests.timing import PATIENCE_S


def test_no_more_slots_are_handed_out_than_there_are() -> None:
    semaphore = FairSemaphore(2)
    assert [semaphore.acquire(0.0) for _ in range(3)] == [True, True, False]
    semaphore.release()
    assert semaphore.acquire(0.0)


def test_released_slot_goes_to_the_waiting_thread_and_not_to_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    semaphore = FairSemaphore(1)
    assert semaphore.acquire(0.0)
    overtaken: list[bool] = []

    class Meanwhile(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            monkeypatch.undo()
            assert semaphore.has_waiters
            semaphore.release()
            assert not semaphore.has_waiters
            overtaken.append(semaphore.acquire(0.0))
            return super().wait(timeout)

    monkeypatch.setattr(module.threading, "Event", Meanwhile)
    assert semaphore.acquire(PATIENCE_S)
    assert overtaken == [False]


def test_slot_that_is_granted_just_after_the_timeout_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    semaphore = FairSemaphore(1)
    assert semaphore.acquire(0.0)

    class Late(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            del timeout
            semaphore.release()
            return False

    monkeypatch.setattr(module.threading, "Event", Late)
    assert semaphore.acquire(1.0)
    monkeypatch.undo()
    assert not semaphore.acquire(0.0)


def test_thread_that_timed_out_is_granted_nothing() -> None:
    semaphore = FairSemaphore(1)
    assert semaphore.acquire(0.0)
    assert not semaphore.acquire(0.0)
    semaphore.release()
    assert semaphore.acquire(0.0)
