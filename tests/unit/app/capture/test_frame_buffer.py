import threading
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.app.capture.frame_buffer import FrameBuffer
from spot_webcam.domain.frames.frame_store import Frame, StoredFrame
from tests.timing import PATIENCE_S


def test_empty_buffer_has_no_newest_frame() -> None:
    buffer = FrameBuffer()
    assert buffer.newest is None
    assert buffer.wait_newer(0, 0.0) is None


@given(st.lists(st.integers(1, 100), min_size=1, max_size=8), st.integers(0, 101))
def test_newest_frame_is_the_last_that_was_put(
    make_frame: Callable[..., Frame], sequences: list[int], than: int
) -> None:
    buffer = FrameBuffer()
    for sequence in sequences:
        buffer.put(make_frame(sequence), valid=True)
    newest = buffer.newest
    assert newest is not None
    assert newest.frame.sequence == sequences[-1]
    waited = buffer.wait_newer(than, 0.0)
    assert waited is (newest if sequences[-1] > than else None)


def test_waiter_gets_the_frame_that_comes(make_frame: Callable[..., Frame]) -> None:
    buffer = FrameBuffer()
    buffer.put(make_frame(1), valid=True)
    waits = threading.Event()
    got: list[StoredFrame | None] = []

    def not_yet() -> bool:
        waits.set()
        return False

    waiter = threading.Thread(target=lambda: got.append(buffer.wait_newer(1, PATIENCE_S, not_yet)))
    waiter.start()
    assert waits.wait(PATIENCE_S)
    buffer.put(make_frame(2), valid=True)
    waiter.join(PATIENCE_S)
    assert got == [buffer.newest]


def test_waiter_gives_up_when_nudged(make_frame: Callable[..., Frame]) -> None:
    buffer = FrameBuffer()
    buffer.put(make_frame(1), valid=True)
    waits, hopeless = threading.Event(), threading.Event()
    got: list[StoredFrame | None] = []

    def give_up() -> bool:
        waits.set()
        return hopeless.is_set()

    waiter = threading.Thread(target=lambda: got.append(buffer.wait_newer(1, PATIENCE_S, give_up)))
    waiter.start()
    assert waits.wait(PATIENCE_S)
    hopeless.set()
    buffer.nudge()
    waiter.join(PATIENCE_S)
    assert got == [None]


def test_frame_that_is_there_already_is_had_however_hopeless_it_looks(
    make_frame: Callable[..., Frame],
) -> None:
    buffer = FrameBuffer()
    buffer.put(make_frame(2), valid=True)
    assert buffer.wait_newer(1, -1.0, lambda: True) is buffer.newest
