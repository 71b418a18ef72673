"""Where encodings are made: as many at once as the host has processors, whoever asks."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from spot_webcam.app.serving.encoder import encode
from spot_webcam.app.serving.frame_cache import cache_of
from spot_webcam.app.serving.turns import FairSemaphore
from spot_webcam.domain.errors import EncodingTimeout
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.media.image import EncodedImage
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import ImageCodec
from spot_webcam.domain.requests.encoding import EncodingPlan

# No request waits longer than this for an encoding that another one makes, or for its turn.
MAX_ENCODING_S = 5.0
# So long where so many requests are here already: an encoder that hangs must not hold them all.
CROWD = 64
MAX_IN_A_CROWD_S = 0.25


class EncoderPool:
    """Makes variants of frames, each once, with a bound on what is under way. Thread-safe."""

    def __init__(self, codec: ImageCodec, max_at_once: int | None = None) -> None:
        self._codec = codec
        # More would not be quicker, and each holds its pixels.
        self._turns = FairSemaphore(max_at_once or max(2, os.cpu_count() or 1))
        self._lock = threading.Lock()
        self._here = 0

    @property
    def busy(self) -> bool:
        """Whether as much is under way as may be."""
        return self._turns.busy

    @property
    def crowded(self) -> bool:
        """Whether more is asked for than can be made at once."""
        return self._turns.crowded

    def variant(self, stored: StoredFrame, plan: EncodingPlan) -> EncodedImage:
        """Return the planned encoding of a frame, made by whoever asks for it first.

        Raises:
            EncodingError: the codec failed.
            EncodingTimeout: too much is under way.
        """
        with self._patience_s() as patience_s:
            return cache_of(stored).variant(
                plan, lambda: self._make(stored, plan, patience_s), patience_s
            )

    @contextmanager
    def _patience_s(self) -> Iterator[float]:
        with self._lock:
            self._here += 1
            crowded = self._here > CROWD
        try:
            yield MAX_IN_A_CROWD_S if crowded else MAX_ENCODING_S
        finally:
            with self._lock:
                self._here -= 1

    def _make(self, stored: StoredFrame, plan: EncodingPlan, patience_s: float) -> EncodedImage:
        picture = stored.frame.picture
        if plan.pass_through and isinstance(picture, JpegPicture):
            return EncodedImage(
                picture.data, plan.image_format, plan.pixel_format, plan.cols, plan.rows
            )
        if not self._turns.take(patience_s):
            raise EncodingTimeout("too many pictures are being encoded: ask again")
        try:
            pixels = cache_of(stored).pixels(
                picture, self._codec.decode_jpeg, patience_s, cols=plan.cols, rows=plan.rows
            )
            once = partial(cache_of(stored).stage, timeout_s=patience_s)
            return encode(pixels, plan, self._codec, once)
        finally:
            self._turns.end()
