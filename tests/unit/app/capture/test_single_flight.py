import gc
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.app.capture.single_flight import SingleFlightCache
from spot_webcam.domain.errors import EncodingError, EncodingTimeout
from tests.timing import PATIENCE_S

CALLERS = 50


class Maker:
    """Makes a new object and counts; waits for `go` first."""

    def __init__(self) -> None:
        self.count = 0
        self.begun = threading.Event()
        self.go = threading.Event()
        self.go.set()
        self.error: BaseException | None = None

    def __call__(self) -> object:
        self.count += 1
        self.begun.set()
        assert self.go.wait(PATIENCE_S)
        if self.error is not None:
            raise self.error
        return object()


def _outcome(call: Callable[[], object]) -> object:
    """Return what a call returns, or raises."""
    try:
        return call()
    except BaseException as error:  # noqa: BLE001 - an outcome as good as another
        return error


class Threads:
    """Calls under way, and their outcomes in the order of their ends."""

    def __init__(self) -> None:
        self.outcomes: list[object] = []
        self._threads: list[threading.Thread] = []

    def call(self, call: Callable[[], object]) -> None:
        thread = threading.Thread(target=lambda: self.outcomes.append(_outcome(call)))
        self._threads.append(thread)
        thread.start()

    def end(self) -> list[object]:
        for thread in self._threads:
            thread.join(PATIENCE_S)
        return self.outcomes


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def threads() -> Threads:
    return Threads()


@pytest.mark.parametrize("error", [None, EncodingError("too grey"), SystemExit(3)])
def test_all_who_come_during_the_making_get_its_one_outcome(
    maker: Maker, threads: Threads, error: BaseException | None
) -> None:
    things: SingleFlightCache[str, object] = SingleFlightCache(1)
    maker.go.clear()
    maker.error = error
    for _ in range(CALLERS):
        threads.call(lambda: things.get("key", maker, PATIENCE_S))
    assert maker.begun.wait(PATIENCE_S)
    maker.go.set()
    outcomes = threads.end()
    assert len(outcomes) == CALLERS
    assert maker.count == 1
    if error is None:
        assert len({id(outcome) for outcome in outcomes}) == 1
    else:
        assert {(type(one), str(one)) for one in outcomes} == {(type(error), str(error))}


def test_failure_is_kept_as_a_thing_is(maker: Maker) -> None:
    things: SingleFlightCache[str, object] = SingleFlightCache(1)
    maker.error = ValueError("a defect")
    for _ in range(3):
        with pytest.raises(ValueError, match="a defect"):
            things.get("key", maker, 0.0)
    assert maker.count == 1


def test_failure_of_one_key_damages_no_other(maker: Maker) -> None:
    things: SingleFlightCache[str, object] = SingleFlightCache(2)
    maker.error = ValueError("a defect")
    with pytest.raises(ValueError, match="a defect"):
        things.get("bad", maker, 0.0)
    maker.error = None
    assert things.get("good", maker, 0.0) is things.get("good", maker, 0.0)


def test_who_waits_too_long_is_reported_and_the_thing_is_there_later(
    maker: Maker, threads: Threads
) -> None:
    things: SingleFlightCache[str, object] = SingleFlightCache(1)
    maker.go.clear()
    threads.call(lambda: things.get("key", maker, 0.0))
    assert maker.begun.wait(PATIENCE_S)
    with pytest.raises(EncodingError, match="for longer than 0 s"):
        things.get("key", maker, 0.0)
    maker.go.set()
    assert threads.end() == [things.get("key", maker, 0.0)]
    assert maker.count == 1


def test_maker_itself_has_no_time_limit(maker: Maker) -> None:
    assert SingleFlightCache[str, object](1).get("key", maker, 0.0) is not None


def test_one_key_does_not_wait_for_another(maker: Maker, threads: Threads) -> None:
    things: SingleFlightCache[str, object] = SingleFlightCache(2)
    maker.go.clear()
    threads.call(lambda: things.get("slow", maker, 0.0))
    assert maker.begun.wait(PATIENCE_S)
    assert things.get("quick", lambda: "made", 0.0) == "made"
    maker.go.set()
    threads.end()


def test_key_beyond_the_bound_waits_for_nobody(maker: Maker, threads: Threads) -> None:
    things: SingleFlightCache[str, object] = SingleFlightCache(1)
    things.get("kept", object, 0.0)
    maker.go.clear()
    threads.call(lambda: things.get("beyond", maker, 0.0))
    assert maker.begun.wait(PATIENCE_S)
    assert things.get("beyond", lambda: "my own", 0.0) == "my own"
    maker.go.set()
    threads.end()


@given(st.integers(0, 4), st.lists(st.integers(0, 6), max_size=30))
def test_first_keys_up_to_the_bound_are_kept_and_no_others(most: int, keys: list[int]) -> None:
    things: SingleFlightCache[int, object] = SingleFlightCache(most)
    makers = {key: Maker() for key in keys}
    for key in keys:
        things.get(key, makers[key], 0.0)
    kept = list(dict.fromkeys(keys))[:most]
    counts = {key: maker.count for key, maker in makers.items()}
    assert counts == {key: 1 if key in kept else keys.count(key) for key in keys}


def test_what_was_given_up_is_tried_again_by_the_next_who_asks() -> None:
    made: SingleFlightCache[str, str] = SingleFlightCache(1)

    def busy() -> str:
        raise EncodingTimeout("the pixels are not ready")

    for _ in range(2):
        with pytest.raises(EncodingTimeout, match="not ready"):
            made.get("kept", busy, 1.0)
        with pytest.raises(EncodingTimeout, match="not ready"):
            made.get("beyond the bound", busy, 1.0)
    assert made.get("kept", lambda: "thing", 1.0) == "thing"


def test_one_who_is_given_up_beyond_the_bound_leaves_what_is_kept() -> None:
    made: SingleFlightCache[str, str] = SingleFlightCache(1)
    assert made.get("kept", lambda: "thing", 1.0) == "thing"

    def busy() -> str:
        raise EncodingTimeout("the pixels are not ready")

    with pytest.raises(EncodingTimeout):
        made.get("other", busy, 1.0)
    assert made.get("kept", lambda: "another", 1.0) == "thing"


def test_what_is_kept_weighs_no_more_than_the_bound() -> None:
    made: SingleFlightCache[str, str] = SingleFlightCache(10, 5, len)
    for thing in ("abc", "abcd", "ab", "a"):
        assert made.get(thing, lambda thing=thing: thing, 0.0) == thing
    maker = {thing: Maker() for thing in ("abc", "abcd", "ab", "a")}
    kept = []
    for thing, make in maker.items():
        made.get(thing, lambda thing=thing, make=make: str(make()) and thing, 0.0)
        if not make.count:
            kept.append(thing)
    assert kept == ["abc", "ab"]


def test_failure_keeps_nothing_alive_once_it_was_handled() -> None:
    class Owner:
        def __init__(self) -> None:
            self.made: SingleFlightCache[str, str] = SingleFlightCache(1)

    def fail() -> str:
        raise ValueError("a defect")

    def ask() -> "weakref.ref[Owner]":
        owner = Owner()
        for _ in range(2):
            with suppress(ValueError):
                owner.made.get("key", fail, 0.0)
        return weakref.ref(owner)

    gc.disable()
    try:
        assert ask()() is None
    finally:
        gc.enable()
