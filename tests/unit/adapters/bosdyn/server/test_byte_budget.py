import threading

from spot_webcam.adapters.bosdyn.server.byte_budget import ByteBudget, Lease

PATIENCE_S = 20.0


def taken(budget: ByteBudget, size_bytes: int) -> Lease:
    lease = budget.take(size_bytes, 0.0)
    assert lease is not None
    return lease


def test_what_fits_is_taken_at_once_and_what_does_not_waits() -> None:
    budget = ByteBudget(10)
    first = taken(budget, 6)
    assert budget.take(5, 0.0) is None
    taken(budget, 4)
    assert budget.taken_bytes == 10
    first.give_back()
    taken(budget, 5)
    assert budget.taken_bytes == 9


def test_more_than_there_is_at_all_waits_to_be_alone() -> None:
    budget = ByteBudget(10)
    first = taken(budget, 1)
    assert budget.take(11, 0.0) is None
    first.give_back()
    taken(budget, 11)


def test_what_is_given_back_twice_counts_once() -> None:
    budget = ByteBudget(10)
    first = taken(budget, 6)
    first.give_back()
    first.give_back()
    assert budget.taken_bytes == 0


def test_who_waits_is_served_when_there_is_room() -> None:
    budget = ByteBudget(10)
    first = taken(budget, 10)
    leases: list[Lease | None] = []
    waiting = threading.Thread(target=lambda: leases.append(budget.take(10, PATIENCE_S)))
    waiting.start()
    first.give_back()
    waiting.join(PATIENCE_S)
    assert leases[0] is not None


def test_who_has_waited_has_the_oldest_give_way_and_no_more_than_it_takes() -> None:
    budget = ByteBudget(10)
    asked: list[str] = []
    held: dict[str, Lease] = {}

    def hold(name: str, size_bytes: int) -> None:
        def give_way() -> None:
            asked.append(name)
            held[name].give_back()

        lease = budget.take(size_bytes, 0.0, give_way)
        assert lease is not None
        held[name] = lease

    hold("old", 4)
    hold("middle", 4)
    hold("young", 2)
    taken(budget, 7)
    assert asked == ["old", "middle"]


def test_who_does_not_give_way_is_asked_once() -> None:
    budget = ByteBudget(10)
    asked: list[str] = []
    assert budget.take(10, 0.0, lambda: asked.append("deaf")) is not None
    for _ in range(3):
        assert budget.take(1, 0.0) is None
    assert asked == ["deaf"]


def test_who_came_later_is_not_asked_to_give_way() -> None:
    budget = ByteBudget(10)
    asked: list[str] = []

    def give_way() -> None:
        old.give_back()
        # In between, another one was quicker.
        assert budget.take(10, 0.0, lambda: asked.append("young")) is not None

    lease = budget.take(10, 0.0, give_way)
    assert lease is not None
    old = lease
    assert budget.take(5, 0.0) is None
    assert asked == []
