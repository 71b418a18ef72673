"""Cache of what was made of one frame (temporary: serving is being rewritten)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from spot_webcam.app.capture.single_flight import SingleFlightCache
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.media.image import EncodedImage, JpegPicture, Layout, Picture
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import EncodingPlan, ImageRequest
from spot_webcam.domain.requests.status import Status

MAX_VARIANTS = 32
MAX_STAGES = 8
MAX_VARIANT_BYTES = 64 * 1024 * 1024
SHRINKS = (8, 4, 2, 1)


@dataclass(slots=True, eq=False)
class FrameCache:
    """What was made of a frame. Thread-safe."""

    _pixels: SingleFlightCache[int, Picture] = field(
        default_factory=lambda: SingleFlightCache(len(SHRINKS))
    )
    _variants: SingleFlightCache[EncodingPlan, EncodedImage] = field(
        default_factory=lambda: SingleFlightCache(
            MAX_VARIANTS, MAX_VARIANT_BYTES, lambda image: len(image.data)
        )
    )
    _stages: SingleFlightCache[tuple[int, int, Layout], Picture] = field(
        default_factory=lambda: SingleFlightCache(MAX_STAGES)
    )
    _answers: dict[ImageRequest, Answer] = field(default_factory=dict)

    def pixels(
        self,
        picture: Picture | JpegPicture,
        decode: Callable[[JpegPicture, int], Picture],
        timeout_s: float,
        cols: int,
        rows: int,
    ) -> Picture:
        """Return the frame's pixels; a JPEG is decoded by the first caller."""
        if isinstance(picture, Picture):
            return picture
        shrink = next(
            one for one in SHRINKS if picture.cols >= one * cols and picture.rows >= one * rows
        )
        whole = self._pixels.made(1)
        if whole is not None:
            return whole
        return self._pixels.get(shrink, lambda: decode(picture, shrink), timeout_s)

    def stage(
        self,
        cols: int,
        rows: int,
        layout: Layout,
        make: Callable[[], Picture],
        /,
        timeout_s: float,
    ) -> Picture:
        """Return the picture in another size or layout, made by the first caller."""
        return self._stages.get((cols, rows, layout), make, timeout_s)

    def variant(
        self, plan: EncodingPlan, make: Callable[[], EncodedImage], timeout_s: float
    ) -> EncodedImage:
        """Return the planned encoding; the first caller makes it, the others wait for it."""
        return self._variants.get(plan, make, timeout_s)

    def answered(self, request: ImageRequest) -> Answer | None:
        """Return the answer that an equal request got from this frame; never blocks."""
        return self._answers.get(request)

    def answer(self, request: ImageRequest, make: Callable[[], Answer]) -> Answer:
        """Return the answer to a request, the same object to equal ones if there is a picture."""
        answer = self._answers.get(request)
        if answer is None:
            answer = make()
            held = sum(one.size for one in self._answers.copy().values())
            few = len(self._answers) < MAX_VARIANTS
            if answer.status is Status.OK and few and held + answer.size <= MAX_VARIANT_BYTES:
                answer = self._answers.setdefault(request, answer)
        return answer


def cache_of(stored: StoredFrame) -> FrameCache:
    """Return the cache of a frame."""
    cache = stored.made.setdefault("serving", FrameCache())
    return cast(FrameCache, cache)
