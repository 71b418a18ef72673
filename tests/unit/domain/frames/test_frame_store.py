from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.frames.frame_store import Frame, FrameStore


def test_rejected_frame_makes_way_for_the_last_valid_one(make_frame: Callable[..., Frame]) -> None:
    store = FrameStore()
    good = store.put(make_frame(1), valid=True)
    unknown = store.put(make_frame(2), valid=False)
    assert store.reject(unknown)
    assert store.newest is good
    assert not store.reject(unknown)


def test_frame_validated_after_the_next_has_come_is_the_last_valid_one(
    make_frame: Callable[..., Frame],
) -> None:
    store = FrameStore()
    first = store.put(make_frame(1), valid=True)
    second = store.put(make_frame(2), valid=False)
    third = store.put(make_frame(3), valid=False)
    store.mark_valid(second)
    store.mark_valid(first)
    store.mark_valid(third)
    assert store.reject(third)
    assert store.newest is second


def test_frame_validated_late_is_not_kept_beside_a_valid_one(
    make_frame: Callable[..., Frame],
) -> None:
    store = FrameStore()
    late = store.put(make_frame(1), valid=False)
    last = store.put(make_frame(2), valid=True)
    store.mark_valid(late)
    assert store.reject(last)
    assert store.newest is None


def test_frame_that_was_never_stored_changes_nothing(make_frame: Callable[..., Frame]) -> None:
    other, store = FrameStore(), FrameStore()
    store.mark_valid(other.put(make_frame(1), valid=False))
    assert store.newest is None


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_published_frame_never_gets_older(
    make_frame: Callable[..., Frame], sequences: list[int]
) -> None:
    store = FrameStore()
    assert store.published is None
    newest = 0
    for sequence in sequences:
        stored = store.put(make_frame(sequence), valid=True)
        assert store.publish(stored) is (sequence > newest)
        newest = max(newest, sequence)
        assert store.published is not None
        assert store.published.frame.sequence == newest


def test_published_frame_stays_when_newer_ones_arrive(make_frame: Callable[..., Frame]) -> None:
    store = FrameStore()
    published = store.put(make_frame(1), valid=True)
    store.publish(published)
    store.put(make_frame(2), valid=True)
    assert store.published is published
