import threading

from spot_webcam.domain.budget import Budget

PATIENCE_S = 20.0


def test_what_fits_is_taken_at_once_and_what_does_not_waits() -> None:
    budget = Budget(10)
    assert budget.take(6, 0.0)
    assert not budget.take(5, 0.0)
    assert budget.take(4, 0.0)
    budget.give_back(6)
    assert budget.take(5, 0.0)


def test_more_than_there_is_at_all_waits_to_be_alone() -> None:
    budget = Budget(10)
    assert budget.take(1, 0.0)
    assert not budget.take(11, 0.0)
    budget.give_back(1)
    assert budget.take(11, 0.0)


def test_who_waits_is_served_when_there_is_room() -> None:
    budget = Budget(10)
    assert budget.take(10, 0.0)
    taken: list[bool] = []
    waiting = threading.Thread(target=lambda: taken.append(budget.take(10, PATIENCE_S)))
    waiting.start()
    budget.give_back(10)
    waiting.join(PATIENCE_S)
    assert taken == [True]
