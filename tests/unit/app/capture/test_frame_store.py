import gc
import threading
import weakref
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.app.capture.frame_store import (
    HARDLY_OLDER_NS,
    MAX_VARIANT_BYTES,
    MAX_VARIANTS,
    FrameStore,
    StoredFrame,
)
from spot_webcam.domain.errors import EncodingError
from spot_webcam.domain.media.image import (
    CaptureSettings,
    EncodedImage,
    Frame,
    ImageFormat,
    Picture,
    PixelFormat,
)
from spot_webcam.domain.requests.answer import Answer, Capture
from spot_webcam.domain.requests.encoding import EncodingPlan, ImageRequest
from spot_webcam.domain.requests.status import Status

PATIENCE_S = 20.0


def plan(quality: int = 75) -> EncodingPlan:
    return EncodingPlan(ImageFormat.JPEG, PixelFormat.RGB_U8, 8, 6, quality)


class Maker:
    """Makes an image and counts; waits for `go` first, fails with `error` if there is one."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.count = 0
        self.begun = threading.Event()
        self.go = threading.Event()
        self.go.set()
        self._error = error

    def __call__(self) -> EncodedImage:
        self.count += 1
        self.begun.set()
        assert self.go.wait(PATIENCE_S)
        if self._error is not None:
            raise self._error
        data = str(self.count).encode()
        return EncodedImage(data, ImageFormat.JPEG, PixelFormat.RGB_U8, 8, 6)


def at_once(callers: int, call: Callable[[], object]) -> list[object]:
    """Call from many threads at the same moment; return results, and errors as results."""
    barrier = threading.Barrier(callers)
    outcomes: list[object] = []

    def run() -> None:
        barrier.wait(PATIENCE_S)
        try:
            outcomes.append(call())
        except BaseException as error:  # noqa: BLE001 - an outcome as good as another
            outcomes.append(error)

    threads = [threading.Thread(target=run) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    return outcomes


@pytest.fixture
def stored(make_frame: Callable[..., Frame]) -> StoredFrame:
    return StoredFrame(make_frame())


def test_variant_is_made_once_for_fifty_callers_at_once(stored: StoredFrame) -> None:
    make = Maker()
    images = at_once(50, lambda: stored.variant(plan(), make, PATIENCE_S))
    assert make.count == 1
    assert len(images) == 50
    assert all(image is images[0] for image in images)
    assert isinstance(images[0], EncodedImage)


def test_variant_is_made_once_for_those_who_come_later(stored: StoredFrame) -> None:
    make = Maker()
    first = stored.variant(plan(), make, 0.0)
    assert stored.variant(plan(), make, 0.0) is first
    assert make.count == 1


def test_different_plans_are_different_variants(stored: StoredFrame) -> None:
    make = Maker()
    low, high = (stored.variant(plan(quality), make, 0.0) for quality in (10, 90))
    assert make.count == 2
    assert low is not high


@pytest.mark.parametrize("error", [EncodingError("too grey"), ZeroDivisionError("a defect")])
def test_failing_encoding_fails_for_all_fifty(stored: StoredFrame, error: Exception) -> None:
    make = Maker(error)
    outcomes = at_once(50, lambda: stored.variant(plan(), make, PATIENCE_S))
    assert make.count == 1
    # Copies, each with a traceback of its own.
    assert {(type(one), str(one)) for one in outcomes} == {(type(error), str(error))}
    assert len(outcomes) == 50


def test_failing_encoding_is_not_tried_again_on_the_same_frame(stored: StoredFrame) -> None:
    make = Maker(EncodingError("too grey"))
    for _ in range(2):
        with pytest.raises(EncodingError, match="too grey"):
            stored.variant(plan(), make, 0.0)
    assert make.count == 1


def test_failing_encoding_spoils_no_other(stored: StoredFrame) -> None:
    with pytest.raises(EncodingError):
        stored.variant(plan(10), Maker(EncodingError("no")), 0.0)
    assert stored.variant(plan(90), Maker(), 0.0).data == b"1"


def test_encoding_that_takes_too_long_is_given_up_by_those_who_wait(stored: StoredFrame) -> None:
    make = Maker()
    make.go.clear()
    images: list[EncodedImage] = []
    maker = threading.Thread(target=lambda: images.append(stored.variant(plan(), make, 0.0)))
    maker.start()
    assert make.begun.wait(PATIENCE_S)
    with pytest.raises(EncodingError, match="for longer than 0 s"):
        stored.variant(plan(), make, 0.0)
    make.go.set()
    maker.join(PATIENCE_S)
    assert len(images) == 1
    assert stored.variant(plan(), make, 0.0) is images[0]


def test_variants_go_with_the_frame(make_frame: Callable[..., Frame]) -> None:
    store, make = FrameStore(), Maker()
    for sequence in (1, 2):
        store.put(make_frame(sequence))
        newest = store.newest()
        assert newest is not None
        newest.variant(plan(), make, 0.0)
    assert make.count == 2


def test_variants_beyond_the_bound_are_made_and_not_kept(stored: StoredFrame) -> None:
    make = Maker()
    for quality in range(MAX_VARIANTS):
        stored.variant(plan(quality), make, 0.0)
    beyond = plan(MAX_VARIANTS)
    assert stored.variant(beyond, make, 0.0) is not stored.variant(beyond, make, 0.0)
    assert make.count == MAX_VARIANTS + 2
    stored.variant(plan(0), make, 0.0)
    assert make.count == MAX_VARIANTS + 2


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


def test_frame_that_was_given_is_kept_until_it_is_too_old(
    make_frame: Callable[..., Frame],
) -> None:
    store = FrameStore()
    first = store.put(make_frame(1, captured_ns=0))
    assert store.given() is None
    store.give(first)
    answer = first.answer(ImageRequest("cam"), lambda: Answer(Status.OK))
    store.put(make_frame(2, captured_ns=HARDLY_OLDER_NS))
    given = store.given()
    assert given is not None
    assert given.answered(ImageRequest("cam")) is answer
    store.put(make_frame(3, captured_ns=HARDLY_OLDER_NS + 1))
    assert store.given() is None


def test_no_frame_is_given_after_a_newer_one(make_frame: Callable[..., Frame]) -> None:
    store = FrameStore()
    first, second = store.put(make_frame(1)), store.put(make_frame(2))
    store.give(second)
    store.give(first)
    given = store.given()
    assert given is not None
    assert given.sequence == second.frame.sequence


def test_pixels_go_with_their_frame_though_it_was_given(make_frame: Callable[..., Frame]) -> None:
    store = FrameStore()
    first = store.put(make_frame(1))
    assert isinstance(first.frame.picture, Picture)
    pixels = weakref.ref(first.frame.picture.pixels)
    store.give(first)
    store.put(make_frame(2))
    del first
    gc.collect()
    assert store.given() is not None
    assert pixels() is None


def test_rejected_frame_makes_way_for_the_last_good_one(make_frame: Callable[..., Frame]) -> None:
    store = FrameStore()
    good = store.put(make_frame(1))
    unknown = store.put(make_frame(2), good=False)
    assert store.reject(unknown)
    assert store.newest() is good
    assert not store.reject(unknown)


def test_frame_examined_after_the_next_has_come_is_the_last_good_one(
    make_frame: Callable[..., Frame],
) -> None:
    store = FrameStore()
    first = store.put(make_frame(1))
    second = store.put(make_frame(2), good=False)
    third = store.put(make_frame(3), good=False)
    store.proved(second)
    store.proved(first)
    store.proved(third)
    assert store.reject(third)
    assert store.newest() is second


def test_frame_examined_late_is_not_kept_beside_a_good_one(
    make_frame: Callable[..., Frame],
) -> None:
    store = FrameStore()
    late = store.put(make_frame(1), good=False)
    last = store.put(make_frame(2))
    store.proved(late)
    assert store.reject(last)
    assert store.newest() is None


def test_answers_beyond_the_bounds_are_not_kept(make_frame: Callable[..., Frame]) -> None:
    stored = FrameStore().put(make_frame(1))
    image = EncodedImage(
        bytes(MAX_VARIANT_BYTES // 2 + 1), ImageFormat.RAW, PixelFormat.RGB_U8, 8, 6
    )
    heavy = Answer(Status.OK, None, Capture(image, 0, CaptureSettings()))
    stored.answer(ImageRequest("one"), lambda: heavy)
    stored.answer(ImageRequest("two"), lambda: heavy)
    assert stored.answered(ImageRequest("one")) is heavy
    assert stored.answered(ImageRequest("two")) is None
    for number in range(MAX_VARIANTS):
        stored.answer(ImageRequest(str(number)), lambda: Answer(Status.OK))
    assert stored.answered(ImageRequest(str(MAX_VARIANTS - 1))) is None


def test_refusals_are_not_kept(make_frame: Callable[..., Frame]) -> None:
    stored = FrameStore().put(make_frame(1))
    stored.answer(ImageRequest("cam"), lambda: Answer(Status.IMAGE_DATA_ERROR))
    assert stored.answered(ImageRequest("cam")) is None


def test_no_answer_outlives_its_frame(make_frame: Callable[..., Frame]) -> None:
    store = FrameStore()
    stored = store.put(make_frame(1, captured_ns=0))
    answer = weakref.ref(stored.answer(ImageRequest("cam"), lambda: Answer(Status.OK)))
    store.give(stored)
    del stored
    store.put(make_frame(2, captured_ns=HARDLY_OLDER_NS))
    assert answer() is not None
    store.put(make_frame(3, captured_ns=HARDLY_OLDER_NS + 1))
    gc.collect()
    assert answer() is None
