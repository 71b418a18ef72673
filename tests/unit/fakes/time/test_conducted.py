import threading
from collections.abc import Callable, Iterator

import pytest

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.time.conducted import ConductedClock, OutOfStep, stack_of
from tests.timing import PATIENCE_S

START_NS = 1_700_000_000 * NANOSECONDS

Play = Callable[..., threading.Thread]


@pytest.fixture
def conducted() -> Iterator[ConductedClock]:
    clock = ConductedClock()
    yield clock
    clock.release()


@pytest.fixture
def play(conducted: ConductedClock) -> Iterator[Play]:
    """Run a function on a thread that waits for its turn first."""
    threads: list[threading.Thread] = []

    def begin(
        name: str, run: Callable[[], object], clock: ConductedClock = conducted
    ) -> threading.Thread:
        def turn() -> None:
            clock.wait(threading.Event(), 0.0)
            run()

        thread = threading.Thread(target=turn, name=name)
        threads.append(thread)
        thread.start()
        clock.gather({name})
        return thread

    yield begin
    conducted.release()
    for thread in threads:
        thread.join(PATIENCE_S)


def never() -> threading.Event:
    return threading.Event()


def test_time_passes_only_by_waiting(conducted: ConductedClock) -> None:
    assert (conducted.monotonic_ns(), conducted.time_ns()) == (0, START_NS)
    assert not conducted.wait(never(), 2.5)
    assert conducted.monotonic_ns() == 2_500_000_000
    assert conducted.time_ns() == START_NS + 2_500_000_000


def test_an_event_that_is_set_ends_a_wait_at_once(conducted: ConductedClock) -> None:
    event = threading.Event()
    event.set()
    assert conducted.wait(event, 9.0)
    assert conducted.monotonic_ns() == 0


def test_a_step_moves_the_wall_clock_alone(conducted: ConductedClock) -> None:
    conducted.step(-3600.0)
    assert conducted.time_ns() == START_NS - 3600 * NANOSECONDS
    assert conducted.monotonic_ns() == 0


def test_threads_run_one_at_a_time_in_the_order_of_their_times(
    conducted: ConductedClock, play: Play
) -> None:
    seen: list[tuple[str, float]] = []

    def every(name: str, seconds: float) -> Callable[[], None]:
        def run() -> None:
            for _ in range(3):
                conducted.wait(never(), seconds)
                seen.append((name, conducted.monotonic_ns() / NANOSECONDS))

        return run

    play("slow", every("slow", 2.0))
    play("quick", every("quick", 1.0))
    conducted.wait(never(), 10.0)
    # At 2 s the slow one has not run for longer.
    assert seen == [
        *(("quick", 1.0), ("slow", 2.0), ("quick", 2.0)),
        *(("quick", 3.0), ("slow", 4.0), ("slow", 6.0)),
    ]


def test_of_threads_that_never_ran_the_first_by_name_runs_first(
    conducted: ConductedClock, play: Play
) -> None:
    seen: list[str] = []
    for name in ("c", "a", "b"):
        play(name, lambda name=name: seen.append(name))
    assert seen == []
    conducted.wait(never(), 1.0)
    assert seen == ["a", "b", "c"]


def test_a_thread_that_is_woken_runs_before_time_goes_on(
    conducted: ConductedClock, play: Play
) -> None:
    wake, woken = threading.Event(), []

    def sleeper() -> None:
        woken.append((conducted.wait(wake, 100.0), conducted.monotonic_ns()))

    play("sleeper", sleeper)
    conducted.wait(never(), 1.0)
    wake.set()
    conducted.wait(never(), 1.0)
    assert woken == [(True, NANOSECONDS)]


def test_threads_that_stay_woken_take_turns(conducted: ConductedClock, play: Play) -> None:
    wake, seen = threading.Event(), []
    wake.set()

    def restless(name: str) -> Callable[[], None]:
        def run() -> None:
            for _ in range(3):
                seen.append(name)
                conducted.wait(wake, 1.0)

        return run

    play("a", restless("a"))
    play("b", restless("b"))
    conducted.wait(never(), 1.0)
    assert seen == ["a", "b"] * 3


def test_a_thread_that_ends_makes_way(conducted: ConductedClock, play: Play) -> None:
    ended = play("short", lambda: None)
    conducted.wait(never(), 5.0)
    ended.join(PATIENCE_S)
    assert conducted.monotonic_ns() == 5 * NANOSECONDS


def test_a_thread_may_join_while_another_runs(conducted: ConductedClock, play: Play) -> None:
    seen: list[int] = []
    conducted.wait(never(), 1.0)
    play("late", lambda: seen.append(conducted.monotonic_ns()))
    conducted.wait(never(), 1.0)
    assert seen == [NANOSECONDS]


def test_a_thread_that_does_not_come_is_named(conducted: ConductedClock) -> None:
    impatient = ConductedClock(patience_s=0.01)
    with pytest.raises(OutOfStep, match="never waited on the clock: one, two"):
        impatient.gather({"two", "one"})


def test_a_thread_that_does_not_wait_is_shown_with_its_stack(play: Play) -> None:
    impatient = ConductedClock(patience_s=0.2)
    let_go = threading.Event()

    def stuck_somewhere() -> None:
        let_go.wait(PATIENCE_S)

    thread = play("stuck", stuck_somewhere, impatient)
    bystander = play("bystander", lambda: None, impatient)
    with pytest.raises(OutOfStep, match=r"(?s)stuck is at.*stuck_somewhere"):
        impatient.wait(never(), 1.0)
    impatient.release()
    let_go.set()
    thread.join(PATIENCE_S)
    bystander.join(PATIENCE_S)


def test_a_thread_without_a_stack_is_at_its_end() -> None:
    assert stack_of(threading.Thread(target=never)) == "its end"


def test_released_time_is_real_and_goes_on_from_where_it_was(
    conducted: ConductedClock, play: Play
) -> None:
    wake = threading.Event()
    woken: list[bool] = []
    thread = play("sleeper", lambda: woken.append(conducted.wait(wake, 1000.0)))
    short = play("short", lambda: woken.append(conducted.wait(never(), 30.001)))
    conducted.wait(never(), 30.0)
    conducted.release()
    conducted.release()
    short.join(PATIENCE_S)
    assert woken == [False]
    wake.set()
    thread.join(PATIENCE_S)
    assert woken == [False, True]
    assert conducted.wait(wake, 1000.0)
    assert not conducted.wait(never(), -1.0)
    assert conducted.monotonic_ns() >= 30 * NANOSECONDS
    assert conducted.time_ns() - START_NS >= 30 * NANOSECONDS
