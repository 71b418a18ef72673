import threading
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.app.capture.frame_store import FrameStore, StoredFrame
from spot_webcam.domain.media.image import Frame

PATIENCE_S = 20.0


def test_empty_store_has_no_newest_frame() -> None:
    store = FrameStore()
    assert store.newest() is None
    assert store.wait_newer(0, 0.0) is None


@given(st.lists(st.integers(1, 100), min_size=1, max_size=8), st.integers(0, 101))
def test_newest_frame_is_the_last_that_was_put(
    make_frame: Callable[..., Frame], sequences: list[int], than: int
) -> None:
    store = FrameStore()
    for sequence in sequences:
        store.put(make_frame(sequence))
    newest = store.newest()
    assert newest is not None
    assert newest.frame.sequence == sequences[-1]
    waited = store.wait_newer(than, 0.0)
    assert waited is (newest if sequences[-1] > than else None)


def test_waiter_gets_the_frame_that_comes(make_frame: Callable[..., Frame]) -> None:
    store = FrameStore()
    store.put(make_frame(1))
    waits = threading.Event()
    got: list[StoredFrame | None] = []

    def not_yet() -> bool:
        waits.set()
        return False

    waiter = threading.Thread(target=lambda: got.append(store.wait_newer(1, PATIENCE_S, not_yet)))
    waiter.start()
    assert waits.wait(PATIENCE_S)
    store.put(make_frame(2))
    waiter.join(PATIENCE_S)
    assert got == [store.newest()]


def test_waiter_gives_up_when_nudged(make_frame: Callable[..., Frame]) -> None:
    store = FrameStore()
    store.put(make_frame(1))
    waits, hopeless = threading.Event(), threading.Event()
    got: list[StoredFrame | None] = []

    def give_up() -> bool:
        waits.set()
        return hopeless.is_set()

    waiter = threading.Thread(target=lambda: got.append(store.wait_newer(1, PATIENCE_S, give_up)))
    waiter.start()
    assert waits.wait(PATIENCE_S)
    hopeless.set()
    store.nudge()
    waiter.join(PATIENCE_S)
    assert got == [None]


def test_frame_that_is_there_already_is_had_however_hopeless_it_looks(
    make_frame: Callable[..., Frame],
) -> None:
    store = FrameStore()
    store.put(make_frame(2))
    assert store.wait_newer(1, -1.0, lambda: True) is store.newest()


def test_rejected_frame_makes_way_for_the_last_good_one(make_frame: Callable[..., Frame]) -> None:
    store = FrameStore()
    good = store.put(make_frame(1))
    unknown = store.put(make_frame(2), valid=False)
    assert store.reject(unknown)
    assert store.newest() is good
    assert not store.reject(unknown)


def test_frame_examined_after_the_next_has_come_is_the_last_good_one(
    make_frame: Callable[..., Frame],
) -> None:
    store = FrameStore()
    first = store.put(make_frame(1))
    second = store.put(make_frame(2), valid=False)
    third = store.put(make_frame(3), valid=False)
    store.mark_valid(second)
    store.mark_valid(first)
    store.mark_valid(third)
    assert store.reject(third)
    assert store.newest() is second


def test_frame_examined_late_is_not_kept_beside_a_good_one(
    make_frame: Callable[..., Frame],
) -> None:
    store = FrameStore()
    late = store.put(make_frame(1), valid=False)
    last = store.put(make_frame(2))
    store.mark_valid(late)
    assert store.reject(last)
    assert store.newest() is None


def test_published_frame_moves_only_forward(make_frame: Callable[..., Frame]) -> None:
    store = FrameStore()
    first, second = store.put(make_frame(1)), store.put(make_frame(2))
    assert store.published is None
    assert store.publish(second)
    assert not store.publish(first)
    assert not store.publish(second)
    assert store.published is second
