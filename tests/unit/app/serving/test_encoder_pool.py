import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from spot_webcam.app.serving.encoder_pool import EncoderPool
from spot_webcam.domain.errors import EncodingTimeout
from spot_webcam.domain.frames.frame_store import Frame, StoredFrame
from spot_webcam.domain.media.image import (
    CaptureSettings,
    EncodedImage,
    ImageFormat,
    Picture,
    PixelFormat,
)
from spot_webcam.domain.requests.answer import Answer, Capture
from spot_webcam.domain.requests.encoding import EncodingPlan, ImageRequest
from spot_webcam.domain.requests.status import Status
from tests.timing import PATIENCE_S

MAX_CACHED, MAX_CACHED_BYTES = 3, 1000


class HeldCodec:
    """Encodes when `go` is set; `begun` counts the encodes."""

    def __init__(self, codec: Any) -> None:
        self._codec = codec
        self.begun = threading.Semaphore(0)
        self.go = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codec, name)

    def encode_jpeg(self, picture: Picture, quality: int) -> bytes:
        self.begun.release()
        assert self.go.wait(PATIENCE_S)
        encoded: bytes = self._codec.encode_jpeg(picture, quality)
        return encoded


def pool_of(codec: Any, slots: int = 1, timeout_s: float = 0.0) -> EncoderPool:
    return EncoderPool(
        codec,
        slots,
        timeout_s=timeout_s,
        max_cached=MAX_CACHED,
        max_cached_bytes=MAX_CACHED_BYTES,
    )


def jpeg(quality: int) -> EncodingPlan:
    return EncodingPlan(ImageFormat.JPEG, PixelFormat.RGB_U8, 8, 6, quality)


def answer_of(size_bytes: int) -> Answer:
    image = EncodedImage(bytes(size_bytes), ImageFormat.RAW, PixelFormat.RGB_U8, 8, 6)
    return Answer(Status.OK, None, Capture(image, 0, CaptureSettings()))


@pytest.fixture
def stored(make_frame: Callable[..., Frame]) -> StoredFrame:
    return StoredFrame(make_frame())


def test_no_more_is_encoded_at_once_than_there_are_slots(
    stored: StoredFrame, make_codec: Callable[[], Any]
) -> None:
    held = HeldCodec(make_codec())
    pool = pool_of(held)
    made: list[bytes | memoryview] = []
    first = threading.Thread(target=lambda: made.append(pool.encode(stored, jpeg(1)).data))
    first.start()
    try:
        assert held.begun.acquire(timeout=PATIENCE_S)
        with pytest.raises(EncodingTimeout, match="too many pictures"):
            pool.encode(stored, jpeg(2))
        assert not pool.has_waiters
    finally:
        held.go.set()
        first.join(PATIENCE_S)
    assert made == [b"jpeg 8x6 bgr8 1"]
    assert pool.encode(stored, jpeg(2)).data == b"jpeg 8x6 bgr8 2"


def test_encode_that_hangs_is_not_waited_for(
    stored: StoredFrame, make_codec: Callable[[], Any]
) -> None:
    held = HeldCodec(make_codec())
    pool = pool_of(held, slots=2)
    first = threading.Thread(target=lambda: pool.encode(stored, jpeg(1)))
    first.start()
    try:
        assert held.begun.acquire(timeout=PATIENCE_S)
        with pytest.raises(EncodingTimeout, match="another request"):
            pool.encode(stored, jpeg(1))
    finally:
        held.go.set()
        first.join(PATIENCE_S)
    assert pool.encode(stored, jpeg(1)).data == b"jpeg 8x6 bgr8 1"


def test_encoding_is_made_once_and_goes_with_its_frame(
    make_picture: Callable[..., Picture], make_codec: Callable[[], Any]
) -> None:
    codec = make_codec()
    stored = StoredFrame(Frame(make_picture(), 1, 0, 0))
    assert isinstance(stored.frame.picture, Picture)
    pool = pool_of(codec)
    image = pool.encode(stored, jpeg(1))
    assert pool.encode(stored, jpeg(1)) is image
    assert len(codec.jpegs) == 1
    alive = weakref.ref(stored.frame.picture.pixels)
    del stored
    gc.collect()
    assert alive() is None


def test_answer_is_kept_for_equal_requests(
    stored: StoredFrame, make_codec: Callable[[], Any]
) -> None:
    pool = pool_of(make_codec())
    request = ImageRequest("cam")
    assert pool.cached_answer(stored, request) is None
    first, second = answer_of(10), answer_of(10)
    assert pool.keep(stored, request, first) is first
    assert pool.keep(stored, request, second) is first
    assert pool.cached_answer(stored, ImageRequest("cam")) is first
    assert pool.cached_answer(stored, ImageRequest("cam", resize_ratio=0.5)) is None


def test_answers_beyond_their_number_are_not_kept(
    stored: StoredFrame, make_codec: Callable[[], Any]
) -> None:
    pool = pool_of(make_codec())
    answers = [answer_of(1) for _ in range(MAX_CACHED + 1)]
    for number, answer in enumerate(answers):
        assert pool.keep(stored, ImageRequest(str(number)), answer) is answer
    assert pool.cached_answer(stored, ImageRequest(str(MAX_CACHED - 1))) is answers[-2]
    assert pool.cached_answer(stored, ImageRequest(str(MAX_CACHED))) is None


def test_answers_beyond_their_bytes_are_not_kept(
    stored: StoredFrame, make_codec: Callable[[], Any]
) -> None:
    pool = pool_of(make_codec())
    pool.keep(stored, ImageRequest("first"), answer_of(MAX_CACHED_BYTES // 2 + 1))
    pool.keep(stored, ImageRequest("second"), answer_of(MAX_CACHED_BYTES // 2))
    assert pool.cached_answer(stored, ImageRequest("first")) is not None
    assert pool.cached_answer(stored, ImageRequest("second")) is None
