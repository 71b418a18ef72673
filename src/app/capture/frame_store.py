"""The newest frame of a camera, and each encoding of it that someone asked for, made once."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from spot_webcam.app.capture.single_flight import SingleFlightCache
from spot_webcam.app.capture.takers import Takers
from spot_webcam.domain.health.validity import Examine
from spot_webcam.domain.media.image import EncodedImage, Frame, Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import EncodingPlan, ImageRequest
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.timing import NANOSECONDS

# Encodings, and answers, kept of one frame; whoever asks for yet another one gets it made just
# for them.
MAX_VARIANTS = 32
MAX_STAGES = 8
MAX_VARIANT_BYTES = 64 * 1024 * 1024
# While the newest frame is being encoded, one of this age does as well.
HARDLY_OLDER_NS = NANOSECONDS // 10


# What decoders of JPEG can divide sizes by at no cost, down to where nothing is lost.
SHRINKS = (8, 4, 2, 1)


@dataclass(slots=True, eq=False)
class StoredFrame:
    """A frame with what was made of it; all goes when it goes. Thread-safe."""

    frame: Frame
    # Whether it is known to be a picture, and no damaged or black one.
    good: bool = False
    takers: Takers = field(default_factory=Takers)
    _examined: SingleFlightCache[None, None] = field(default_factory=lambda: SingleFlightCache(1))
    # By how they were shrunk when they were decoded.
    _pixels: SingleFlightCache[int, Picture] = field(
        default_factory=lambda: SingleFlightCache(len(SHRINKS))
    )
    _variants: SingleFlightCache[EncodingPlan, EncodedImage] = field(
        default_factory=lambda: SingleFlightCache(
            MAX_VARIANTS, MAX_VARIANT_BYTES, lambda image: len(image.data)
        )
    )
    # What lies between the pixels and the variants: sizes and greys that several share.
    _stages: SingleFlightCache[tuple[int, int, Layout], Picture] = field(
        default_factory=lambda: SingleFlightCache(MAX_STAGES)
    )
    _answers: dict[ImageRequest, Answer] = field(default_factory=dict)
    _making: set[ImageRequest] = field(default_factory=set)

    def examine(self, examine: Examine, timeout_s: float) -> None:
        """Have the first caller examine the picture, the others wait for the outcome.

        Raises:
            CorruptFrame: it is none.
            EncodingTimeout: another thread has been at it for longer than `timeout_s`.
        """
        if not self.good:
            self._examined.get(None, lambda: examine(self.frame.picture), timeout_s)
            self.good = True

    def pixels(
        self,
        decode: Callable[[JpegPicture, int], Picture],
        timeout_s: float,
        cols: int,
        rows: int,
    ) -> Picture:
        """Return the frame's pixels; a JPEG is decoded by the first caller.

        If a JPEG's pixels are wanted for a smaller picture, `cols` wide and `rows` high, they
        may be decoded to a size between: that takes a third of the time and less.

        Raises:
            EncodingError: it does not decode, or another thread has been decoding it for
                longer than `timeout_s`.
        """
        picture = self.frame.picture
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
        """Return the picture in another size or layout, made by the first caller.

        Raises:
            EncodingError: `make` raised it, or another thread has been making it for longer
                than `timeout_s`.
        """
        return self._stages.get((cols, rows, layout), make, timeout_s)

    def variant(
        self, plan: EncodingPlan, make: Callable[[], EncodedImage], timeout_s: float
    ) -> EncodedImage:
        """Return the planned encoding; the first caller makes it, the others wait for it.

        Raises:
            EncodingError: `make` raised it (to every caller: the same frame fails again), or
                another thread has been making it for longer than `timeout_s`.
        """
        return self._variants.get(plan, make, timeout_s)

    def answered(self, request: ImageRequest) -> Answer | None:
        """Return the answer that an equal request got from this frame; never blocks."""
        return self._answers.get(request)

    def given(self) -> "GivenAnswers":
        """Return its answers, and those to come."""
        frame = self.frame
        return GivenAnswers(frame.sequence, frame.monotonic_ns, self.takers, self._answers)

    @property
    def is_answering(self) -> bool:
        """Whether an answer is being made of it."""
        return bool(self._making)

    def answer(self, request: ImageRequest, make: Callable[[], Answer]) -> Answer:
        """Return the answer to a request, the same object to equal ones if there is a picture."""
        answer = self._answers.get(request)
        if answer is None:
            # The first of several who make it ends the mark of all; they wait for one encoding.
            self._making.add(request)
            try:
                answer = make()
            finally:
                self._making.discard(request)
            if answer.status is Status.OK and self._has_room_for(answer):
                answer = self._answers.setdefault(request, answer)
        return answer

    def _has_room_for(self, answer: Answer) -> bool:
        # Two threads may both be let in at the last place: one answer too many, at worst.
        held = sum(one.size for one in self._answers.copy().values())
        few = len(self._answers) < MAX_VARIANTS
        return few and held + answer.size <= MAX_VARIANT_BYTES


@dataclass(frozen=True, slots=True)
class GivenAnswers:
    """What clients got from a frame, without the frame: its pixels may go."""

    sequence: int
    monotonic_ns: int
    takers: Takers
    _answers: Mapping[ImageRequest, Answer]

    def answered(self, request: ImageRequest) -> Answer | None:
        """Return the answer that an equal request got; never blocks."""
        return self._answers.get(request)


class FrameStore:
    """Holds the newest frame, the last good one before it, and what was given last.

    Thread-safe.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._stored: StoredFrame | None = None
        self._good: StoredFrame | None = None
        self._given: GivenAnswers | None = None

    def put(self, frame: Frame, *, good: bool = True) -> StoredFrame:
        """Make this the newest frame, and return it as it is stored."""
        stored = StoredFrame(frame, good)
        with self._changed:
            if self._stored is not None and self._stored.good:
                self._good = self._stored
            given = self._given
            if given and frame.monotonic_ns - given.monotonic_ns > HARDLY_OLDER_NS:
                self._given = None
            if good:
                self._good = None
            self._stored = stored
            self._changed.notify_all()
        return stored

    def proved(self, stored: StoredFrame) -> None:
        """Note that a frame is good; if there is a newer one, that may still turn out not to be."""
        with self._changed:
            newest, last = self._stored, self._good
            if newest is None or newest.good or newest.frame.sequence <= stored.frame.sequence:
                return
            if last is None or last.frame.sequence < stored.frame.sequence:
                self._good = stored

    def reject(self, stored: StoredFrame) -> bool:
        """Go back from the newest frame, which is no good, to the last good one.

        Returns whether it was still the newest.
        """
        with self._changed:
            newest = self._stored is stored
            if newest:
                self._stored, self._good = self._good, None
        return newest

    def newest(self) -> StoredFrame | None:
        """Return the newest frame, of whatever age; never blocks."""
        return self._stored

    def give(self, stored: StoredFrame) -> None:
        """Note that a client gets an answer from this frame; never goes back to an older one."""
        if self._given is not None and self._given.sequence >= stored.frame.sequence:
            return
        given = stored.given()
        with self._changed:
            self._given = max(self._given or given, given, key=lambda one: one.sequence)

    def given(self) -> GivenAnswers | None:
        """Return what clients got from the newest frame that any got something from, if young."""
        return self._given

    def wait_newer(
        self, than: int, timeout_s: float, give_up: Callable[[], bool] = lambda: False
    ) -> StoredFrame | None:
        """Block until there is a frame with a sequence number above `than`.

        Returns `None` when the time is over, or when `give_up` says so after a `nudge`.
        """

        def decided() -> bool:
            newer = self._stored is not None and self._stored.frame.sequence > than
            return newer or give_up()

        with self._changed:
            self._changed.wait_for(decided, max(0.0, timeout_s))
            stored = self._stored
        return stored if stored is not None and stored.frame.sequence > than else None

    def nudge(self) -> None:
        """Let those who wait look again whether waiting makes sense."""
        with self._changed:
            self._changed.notify_all()
