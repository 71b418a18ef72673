"""Bounded encoder pool: at most one encode per slot at a time, and each encoding made once."""

from functools import partial
from typing import NamedTuple, cast

from spot_webcam.app.capture.single_flight import SingleFlightCache
from spot_webcam.app.serving.encoder import Stage, encode
from spot_webcam.app.serving.fair_semaphore import FairSemaphore
from spot_webcam.domain.errors import EncodingTimeout
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.media.image import (
    THUMBNAIL_SHRINK,
    EncodedImage,
    ImageCodec,
    JpegPicture,
    Picture,
)
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import EncodingPlan, ImageRequest

# Scale divisors that JPEG decoders apply at no cost, down to full size.
SHRINKS = (THUMBNAIL_SHRINK, 4, 2, 1)
# Decoded, resized and grey pictures kept of one frame: encodings of several qualities share them.
MAX_STAGES = 16

_KEY = "encodings"


class _Encodings(NamedTuple):
    """What was made of one frame."""

    stages: SingleFlightCache[Stage, Picture]
    images: SingleFlightCache[EncodingPlan, EncodedImage]


def shrink_for(jpeg: JpegPicture, plan: EncodingPlan) -> int:
    """Return the divisor of the smallest size from which the plan can be made.

    To decode to a half, a quarter or an eighth takes a third of the time and less.
    """
    if plan.pass_through:
        return THUMBNAIL_SHRINK
    return next(
        divisor
        for divisor in SHRINKS
        if jpeg.cols >= divisor * plan.cols and jpeg.rows >= divisor * plan.rows
    )


class EncoderPool:
    """Encodes frames, with a bound on what is being encoded at once. Thread-safe.

    More encodes than processors would not be faster, and each holds its pixels. Encodings are
    kept with their frame (ADR 12).
    """

    def __init__(
        self,
        codec: ImageCodec,
        slots: int,
        *,
        timeout_s: float,
        max_cached: int,
        max_cached_bytes: int,
    ) -> None:
        """No caller waits longer than `timeout_s` for a slot, or for another caller's encode."""
        self._codec = codec
        self._slots = FairSemaphore(slots)
        self._timeout_s = timeout_s
        self._max_cached = max_cached
        self._max_cached_bytes = max_cached_bytes

    @property
    def has_waiters(self) -> bool:
        """Whether callers wait for a slot."""
        return self._slots.has_waiters

    def encode(self, stored: StoredFrame, plan: EncodingPlan) -> EncodedImage:
        """Return the planned encoding of a frame; the first caller makes it, others wait for it.

        Raises:
            EncodingError: the codec failed.
            EncodingTimeout: too many pictures are being encoded.
        """
        picture = stored.frame.picture
        if plan.pass_through and isinstance(picture, JpegPicture):
            return EncodedImage(
                picture.data, plan.image_format, plan.pixel_format, plan.cols, plan.rows
            )
        encodings = self._encodings(stored)
        return encodings.images.get(
            plan, partial(self._encode, stored, plan, encodings), self._timeout_s
        )

    def cached_answer(self, stored: StoredFrame, request: ImageRequest) -> Answer | None:
        """Return the answer that an equal request got from this frame; never blocks."""
        answer = stored.made.get(request)
        return answer if isinstance(answer, Answer) else None

    def keep(self, stored: StoredFrame, request: ImageRequest, answer: Answer) -> Answer:
        """Keep an answer for equal requests if there is room, and return the kept one."""
        kept = [value for value in stored.made.copy().values() if isinstance(value, Answer)]
        size_bytes = answer.size_bytes + sum(other.size_bytes for other in kept)
        # Two threads may both find the last place: at worst one answer too many is kept.
        if len(kept) >= self._max_cached or size_bytes > self._max_cached_bytes:
            return answer
        first = stored.made.setdefault(request, answer)
        return first if isinstance(first, Answer) else answer

    def _encode(
        self, stored: StoredFrame, plan: EncodingPlan, encodings: _Encodings
    ) -> EncodedImage:
        if not self._slots.acquire(self._timeout_s):
            raise EncodingTimeout("too many pictures are being encoded: ask again")
        try:
            picture = stored.frame.picture
            if isinstance(picture, JpegPicture):
                picture = self._decoded(picture, stored.decoded, plan, encodings)
            cache = partial(encodings.stages.get, timeout_s=self._timeout_s)
            return encode(picture, plan, self._codec, cache)
        finally:
            self._slots.release()

    def _decoded(
        self,
        jpeg: JpegPicture,
        validated: Picture | None,
        plan: EncodingPlan,
        encodings: _Encodings,
    ) -> Picture:
        """Return the pixels of a JPEG, of the smallest size from which the plan can be made.

        Larger ones will do if there are: `validated` are those that it was validated by.
        """
        for known in (encodings.stages.peek((jpeg.cols, jpeg.rows, jpeg.layout)), validated):
            if known is None or known.layout is not jpeg.layout:
                continue
            if known.cols >= plan.cols and known.rows >= plan.rows:
                return known
        shrink = shrink_for(jpeg, plan)
        stage = (-(-jpeg.cols // shrink), -(-jpeg.rows // shrink), jpeg.layout)
        decode = partial(self._codec.decode_jpeg, jpeg, shrink)
        return encodings.stages.get(stage, decode, self._timeout_s)

    def _encodings(self, stored: StoredFrame) -> _Encodings:
        known = stored.made.get(_KEY)
        if known is None:
            images: SingleFlightCache[EncodingPlan, EncodedImage] = SingleFlightCache(
                self._max_cached, self._max_cached_bytes, lambda image: len(image.data)
            )
            new = _Encodings(SingleFlightCache(MAX_STAGES), images)
            known = stored.made.setdefault(_KEY, new)
        return cast("_Encodings", known)
