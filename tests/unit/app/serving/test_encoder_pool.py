import threading
from collections.abc import Callable
from typing import Any

import pytest

from spot_webcam.app.serving import encoder_pool as workshop
from spot_webcam.app.serving.encoder_pool import EncoderPool
from spot_webcam.domain.errors import EncodingTimeout
from spot_webcam.domain.frames.frame import Frame
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.media.image import ImageFormat, Picture, PixelFormat
from spot_webcam.domain.requests.encoding import EncodingPlan

PATIENCE_S = 20.0


class Held:
    """A codec that encodes when it is let go, and counts how many are at it."""

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


def jpeg(quality: int) -> EncodingPlan:
    return EncodingPlan(ImageFormat.JPEG, PixelFormat.RGB_U8, 8, 6, quality)


def test_no_more_is_made_at_once_than_there_are_turns(
    monkeypatch: pytest.MonkeyPatch,
    make_frame: Callable[..., Frame],
    make_codec: Callable[[], Any],
) -> None:
    monkeypatch.setattr(workshop, "MAX_ENCODING_S", 0.0)
    held: Any = Held(make_codec())
    shop = EncoderPool(held, max_at_once=1)
    stored = StoredFrame(make_frame())
    made: list[bytes] = []
    first = threading.Thread(target=lambda: made.append(shop.variant(stored, jpeg(1)).data))
    first.start()
    assert held.begun.acquire(timeout=PATIENCE_S)
    with pytest.raises(EncodingTimeout, match="too many pictures"):
        shop.variant(stored, jpeg(2))
    held.go.set()
    first.join(PATIENCE_S)
    assert made == [b"jpeg 8x6 bgr8 1"]
    assert shop.variant(stored, jpeg(2)).data == b"jpeg 8x6 bgr8 2"


def test_in_a_crowd_nobody_waits_for_long(
    monkeypatch: pytest.MonkeyPatch,
    make_frame: Callable[..., Frame],
    make_codec: Callable[[], Any],
) -> None:
    monkeypatch.setattr(workshop, "CROWD", 1)
    monkeypatch.setattr(workshop, "MAX_IN_A_CROWD_S", 0.0)
    held: Any = Held(make_codec())
    shop = EncoderPool(held)
    stored = StoredFrame(make_frame())
    first = threading.Thread(target=lambda: shop.variant(stored, jpeg(1)))
    first.start()
    assert held.begun.acquire(timeout=PATIENCE_S)
    with pytest.raises(EncodingTimeout, match="another request"):
        shop.variant(stored, jpeg(1))
    held.go.set()
    first.join(PATIENCE_S)
    assert shop.variant(stored, jpeg(1)).data == b"jpeg 8x6 bgr8 1"
