import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.adapters.bosdyn.server import byte_budget as module
from spot_webcam.adapters.bosdyn.server.byte_budget import ByteBudget, Lease
from tests.timing import PATIENCE_S


def lease_now(budget: ByteBudget, size_bytes: int) -> Lease | None:
    lease = budget.request(size_bytes)
    if lease.is_held:
        return lease
    lease.release()
    return None


def wait_for(
    budget: ByteBudget,
    size_bytes: int,
    timeout_s: float,
    on_evict: Callable[[], object] = lambda: None,
) -> Lease | None:
    lease = budget.request(size_bytes, on_evict)
    return lease if budget.wait(lease, timeout_s) else None


def leased(budget: ByteBudget, size_bytes: int) -> Lease:
    lease = wait_for(budget, size_bytes, 0.0)
    assert lease is not None
    return lease


class Waiting:
    """A thread that waits for a lease."""

    def __init__(self, budget: ByteBudget, size_bytes: int, timeout_s: float = PATIENCE_S) -> None:
        self.lease: Lease | None = None
        self._thread = threading.Thread(target=self._run, args=(budget, size_bytes, timeout_s))
        self._thread.start()

    def _run(self, budget: ByteBudget, size_bytes: int, timeout_s: float) -> None:
        self.lease = wait_for(budget, size_bytes, timeout_s)

    def result(self) -> Lease | None:
        self._thread.join(PATIENCE_S)
        return self.lease


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Released each time that a thread begins to wait."""
    begun = threading.Semaphore(0)

    class Noted(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            begun.release()
            return super().wait(timeout)

    monkeypatch.setattr(module, "threading", SimpleNamespace(Event=Noted, Lock=threading.Lock))
    return begun


def test_what_fits_is_granted_at_once_and_what_does_not_waits() -> None:
    budget = ByteBudget(10)
    first = leased(budget, 6)
    assert lease_now(budget, 5) is None
    assert wait_for(budget, 5, 0.0) is None
    assert lease_now(budget, 4) is not None
    assert budget.taken_bytes == 10
    first.release()
    leased(budget, 5)
    assert budget.taken_bytes == 9


def test_lease_above_the_whole_waits_to_be_alone() -> None:
    budget = ByteBudget(10)
    first = leased(budget, 1)
    assert wait_for(budget, 11, 0.0) is None
    first.release()
    leased(budget, 11)


def test_what_is_released_twice_counts_once() -> None:
    budget = ByteBudget(10)
    first = leased(budget, 6)
    first.release()
    first.release()
    assert budget.taken_bytes == 0


def test_lease_is_held_until_its_last_holder_releases_it() -> None:
    budget = ByteBudget(10)
    first = leased(budget, 6)
    assert budget.retain(first)
    first.release()
    assert (first.is_held, budget.taken_bytes) == (True, 6)
    first.release()
    assert (first.is_held, budget.taken_bytes) == (False, 0)
    assert not budget.retain(first)


def test_waiting_lease_is_granted_when_there_is_room(queued: threading.Semaphore) -> None:
    budget = ByteBudget(10)
    first = leased(budget, 10)
    waiting = Waiting(budget, 10)
    assert queued.acquire(timeout=PATIENCE_S)
    first.release()
    assert waiting.result() is not None


def test_large_lease_that_waits_is_not_overtaken_by_smaller_ones(
    queued: threading.Semaphore,
) -> None:
    budget = ByteBudget(10)
    first, second = leased(budget, 5), leased(budget, 4)
    large = Waiting(budget, 8)
    assert queued.acquire(timeout=PATIENCE_S)
    assert lease_now(budget, 1) is None
    small = Waiting(budget, 2)
    assert queued.acquire(timeout=PATIENCE_S)
    first.release()
    assert lease_now(budget, 1) is None
    second.release()
    assert large.result() is not None
    assert small.result() is not None


def test_waiting_lease_that_gives_up_lets_those_behind_it_go_on(
    queued: threading.Semaphore,
) -> None:
    budget = ByteBudget(10)
    leased(budget, 4)
    large = Waiting(budget, 8, timeout_s=0.2)
    assert queued.acquire(timeout=PATIENCE_S)
    small = Waiting(budget, 6)
    assert large.result() is None
    assert small.result() is not None


def test_small_leases_have_a_reserve_of_their_own(queued: threading.Semaphore) -> None:
    budget = ByteBudget(14, small_bytes=4, max_small_bytes=2)
    large = leased(budget, 10)
    assert lease_now(budget, 3) is None
    waiting = Waiting(budget, 3)
    assert queued.acquire(timeout=PATIENCE_S)
    small = [leased(budget, 2), leased(budget, 2)]
    assert lease_now(budget, 1) is None
    next_small = Waiting(budget, 2)
    assert queued.acquire(timeout=PATIENCE_S)
    small[0].release()  # though a large lease waits before it
    assert next_small.result() is not None
    large.release()
    assert waiting.result() is not None


def test_small_leases_beyond_their_reserve_take_what_is_shared() -> None:
    budget = ByteBudget(14, small_bytes=4, max_small_bytes=2)
    for _ in range(7):
        leased(budget, 2)
    assert lease_now(budget, 2) is None
    assert lease_now(budget, 3) is None


def test_oldest_leases_in_the_way_are_evicted_and_no_more_than_necessary() -> None:
    budget = ByteBudget(10)
    evicted: list[str] = []
    held: dict[str, Lease] = {}

    def hold(name: str, size_bytes: int) -> None:
        def on_evict() -> None:
            evicted.append(name)
            held[name].release()

        lease = wait_for(budget, size_bytes, 0.0, on_evict)
        assert lease is not None
        held[name] = lease

    hold("old", 4)
    hold("middle", 4)
    hold("recent", 2)
    leased(budget, 7)
    assert evicted == ["old", "middle"]


@pytest.mark.parametrize(
    ("sizes", "wanted", "expected"),
    [
        pytest.param([2, 2, 6, 4], 3, [6], id="small ones of the reserve are in no way"),
        pytest.param([2, 2, 2, 6], 4, [2], id="small ones beyond the reserve are in the way"),
        pytest.param([2, 2, 20], 1, [2], id="a small one that the reserve has room for again"),
    ],
)
def test_only_leases_whose_release_makes_room_are_evicted(
    sizes: list[int], wanted: int, expected: list[int]
) -> None:
    budget = ByteBudget(14, small_bytes=4, max_small_bytes=2)
    evicted: list[int] = []
    held: list[Lease] = []

    def hold(size_bytes: int) -> None:
        def on_evict() -> None:
            evicted.append(size_bytes)
            lease.release()

        lease = wait_for(budget, size_bytes, 0.0, on_evict)
        assert lease is not None
        held.append(lease)

    for size_bytes in sizes:
        hold(size_bytes)
    assert wait_for(budget, wanted, 0.0) is not None
    assert evicted == expected


def test_lease_that_is_not_released_is_evicted_once() -> None:
    budget = ByteBudget(10)
    evicted: list[str] = []
    assert wait_for(budget, 10, 0.0, lambda: evicted.append("deaf")) is not None
    for _ in range(3):
        assert wait_for(budget, 1, 0.0) is None
    assert evicted == ["deaf"]


def test_lease_that_was_granted_later_is_not_evicted() -> None:
    budget = ByteBudget(5, small_bytes=4, max_small_bytes=4)
    evicted: list[str] = []

    def on_evict() -> None:
        evicted.append("old")
        assert wait_for(budget, 2, 0.0, lambda: evicted.append("recent")) is not None

    assert wait_for(budget, 5, 0.0, on_evict) is not None
    assert wait_for(budget, 2, 0.0, lambda: evicted.append("middle")) is not None
    assert wait_for(budget, 4, 0.0) is None
    assert evicted == ["old", "middle"]
    assert wait_for(budget, 4, 0.0) is None
    assert evicted == ["old", "middle", "recent"]


@pytest.mark.parametrize("half", [1, 2])
def test_lease_that_is_granted_just_after_the_timeout_is_kept(
    monkeypatch: pytest.MonkeyPatch, half: int
) -> None:
    budget = ByteBudget(10)
    evicted: list[str] = []
    first = wait_for(budget, 10, 0.0, lambda: evicted.append("first"))
    assert first is not None
    waits: list[float | None] = []

    class Late(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout)
            if len(waits) == half:
                first.release()
            return len(waits) > half

    monkeypatch.setattr(module.threading, "Event", Late)
    assert wait_for(budget, 10, 1.0) is not None
    assert waits == [0.5, 0.5]
    assert evicted == ["first"] * (half == 2)


def test_lease_that_was_granted_while_another_one_waited_is_not_evicted_for_it(
    queued: threading.Semaphore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where many wait, the one whose turn it is at last reads its answer."""
    budget = ByteBudget(10)
    first = leased(budget, 10)
    evicted: list[str] = []

    class Meanwhile(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            first.release()
            return super().wait(timeout)

    before = threading.Thread(
        target=wait_for, args=(budget, 10, PATIENCE_S, lambda: evicted.append("before"))
    )
    before.start()
    assert queued.acquire(timeout=PATIENCE_S)
    monkeypatch.setattr(module.threading, "Event", Meanwhile)
    assert wait_for(budget, 1, 0.0) is None
    before.join(PATIENCE_S)
    assert budget.taken_bytes == 10
    assert evicted == []


def test_those_behind_evict_for_those_before_them_as_well(queued: threading.Semaphore) -> None:
    budget = ByteBudget(10)
    evicted: list[str] = []
    held: dict[str, Lease] = {}
    for name in ("old", "recent"):

        def on_evict(name: str = name) -> None:
            evicted.append(name)
            held[name].release()

        lease = wait_for(budget, 5, 0.0, on_evict)
        assert lease is not None
        held[name] = lease
    before = Waiting(budget, 5)
    assert queued.acquire(timeout=PATIENCE_S)
    assert wait_for(budget, 5, 0.0) is not None
    assert before.result() is not None
    assert evicted == ["old", "recent"]


def test_lease_that_is_released_while_it_waits_leaves_the_line(
    queued: threading.Semaphore,
) -> None:
    budget = ByteBudget(10)
    evicted: list[str] = []
    assert wait_for(budget, 4, 0.0, lambda: evicted.append("first")) is not None
    withdrawn = budget.request(8)
    waiting: list[bool] = []
    thread = threading.Thread(target=lambda: waiting.append(budget.wait(withdrawn, PATIENCE_S)))
    thread.start()
    assert queued.acquire(timeout=PATIENCE_S)
    behind = budget.request(6)
    withdrawn.release()
    assert behind.is_held
    thread.join(PATIENCE_S)
    assert (waiting, evicted, budget.taken_bytes) == ([False], [], 10)
    withdrawn.release()
    assert budget.taken_bytes == 10


def test_lease_that_was_released_before_its_wait_does_not_wait() -> None:
    budget = ByteBudget(10)
    held, withdrawn = budget.request(10), budget.request(10)
    held.release()
    withdrawn.release()
    assert not budget.wait(held, PATIENCE_S)
    assert not budget.wait(withdrawn, PATIENCE_S)
    assert budget.taken_bytes == 0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 12)), max_size=40))
def test_bytes_are_bounded_whatever_is_leased_and_released(
    steps: list[tuple[bool, int]],
) -> None:
    budget = ByteBudget(10, small_bytes=3, max_small_bytes=2)
    held: list[Lease] = []
    for is_release, size in steps:
        if is_release and held:
            held.pop(size % len(held)).release()
        else:
            lease = lease_now(budget, size)
            if lease is not None:
                held.append(lease)
        assert budget.taken_bytes == sum(lease.size_bytes for lease in held)
        large = [lease.size_bytes for lease in held if lease.size_bytes > 2]
        # One above the whole shared part is alone there.
        assert sum(large) <= 7 or len(large) == 1
        assert budget.taken_bytes <= max(10, sum(large) + 3)
