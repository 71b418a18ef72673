"""Bounded encoder pool: at most one encode per slot at a time, and each encoding made once."""

from functools import partial
from typing import NamedTuple, cast

from spot_webcam.app.capture.single_flight import SingleFlightCache
from spot_webcam.app.serving.encoder import Stage, encode
from spot_webcam.app.serving.fair_semaphore import FairSemaphore
from spot_webcam.domain.errors import EncodingTimeout
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.media.image import EncodedImage, ImageCodec, JpegPicture, Picture
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import EncodingPlan, ImageRequest
from spot_webcam.domain.sources.description import ImageSource

# Scale divisors that JPEG decoders apply at no cost, down to full size.
SHRINKS = (8, 4, 2, 1)
# Decoded, resized and grey pictures kept of one frame: encodings of several qualities share them.
MAX_STAGES = 12

_KEY = "encodings"


class _Encodings(NamedTuple):
    """What was made of one frame. `decoded` has the divisor as its key."""

    decoded: SingleFlightCache[int, Picture]
    stages: SingleFlightCache[Stage, Picture]
    images: SingleFlightCache[EncodingPlan, EncodedImage]


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

    def encode(self, stored: StoredFrame, plan: EncodingPlan, source: ImageSource) -> EncodedImage:
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
        make = partial(self._encode, stored, plan, source)
        return self._encodings(stored).images.get(plan, make, self._timeout_s)

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

    def _encode(self, stored: StoredFrame, plan: EncodingPlan, source: ImageSource) -> EncodedImage:
        if not self._slots.acquire(self._timeout_s):
            raise EncodingTimeout("too many pictures are being encoded: ask again")
        try:
            picture = stored.frame.picture
            if isinstance(picture, JpegPicture) or source.transform is not None:
                picture = self._decoded(stored, plan, source)
            cache = partial(self._encodings(stored).stages.get, timeout_s=self._timeout_s)
            return encode(picture, plan, self._codec, cache)
        finally:
            self._slots.release()

    def _decoded(self, stored: StoredFrame, plan: EncodingPlan, source: ImageSource) -> Picture:
        """Return the source's pixels, of a JPEG of the smallest size from which the plan is made.

        To decode to a half, a quarter or an eighth takes a third of the time and less.
        """
        decoded, own = self._encodings(stored).decoded, stored.frame.picture
        full_size = decoded.peek(1)
        if full_size is not None:
            return full_size
        shrink = next(
            divisor
            for divisor in (SHRINKS if isinstance(own, JpegPicture) else (1,))
            if source.cols >= divisor * plan.cols and source.rows >= divisor * plan.rows
        )

        def make() -> Picture:
            made = self._codec.decode_jpeg(own, shrink) if isinstance(own, JpegPicture) else own
            return made if source.transform is None else source.transform.apply(made)

        return decoded.get(shrink, make, self._timeout_s)

    def _encodings(self, stored: StoredFrame) -> _Encodings:
        known = stored.made.get(_KEY)
        if known is None:
            images: SingleFlightCache[EncodingPlan, EncodedImage] = SingleFlightCache(
                self._max_cached, self._max_cached_bytes, lambda image: len(image.data)
            )
            new = _Encodings(SingleFlightCache(len(SHRINKS)), SingleFlightCache(MAX_STAGES), images)
            known = stored.made.setdefault(_KEY, new)
        return cast("_Encodings", known)
