import threading

import pytest

from spot_webcam.app.serving import turns as turns_module
from spot_webcam.app.serving.turns import FairSemaphore

PATIENCE_S = 20.0


def test_no_more_turns_are_given_than_there_are() -> None:
    turns = FairSemaphore(2)
    assert [turns.take(0.0) for _ in range(3)] == [True, True, False]
    turns.end()
    assert turns.take(0.0)


def test_turn_that_ends_goes_to_who_waits_and_not_to_who_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns = FairSemaphore(1)
    assert turns.take(0.0)
    overtaken: list[bool] = []

    class Meanwhile(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            monkeypatch.undo()
            turns.end()
            overtaken.append(turns.take(0.0))
            return super().wait(timeout)

    monkeypatch.setattr(turns_module.threading, "Event", Meanwhile)
    assert turns.take(PATIENCE_S)
    assert overtaken == [False]


def test_turn_that_comes_just_when_the_time_is_over_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns = FairSemaphore(1)
    assert turns.take(0.0)

    class Late(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            del timeout
            turns.end()
            return False

    monkeypatch.setattr(turns_module.threading, "Event", Late)
    assert turns.take(1.0)
    monkeypatch.undo()
    assert not turns.take(0.0)


def test_who_gave_up_is_handed_nothing() -> None:
    turns = FairSemaphore(1)
    assert turns.take(0.0)
    assert not turns.take(0.0)
    turns.end()
    assert turns.take(0.0)


def test_block_has_a_turn_of_its_own_and_ends_it() -> None:
    turns = FairSemaphore(1)
    with turns.turn(0.0):
        assert turns.busy
    assert not turns.busy


def test_block_goes_without_a_turn_that_does_not_come() -> None:
    turns = FairSemaphore(1)
    assert turns.take(0.0)
    with turns.turn(0.0):
        assert turns.busy
    assert turns.busy
