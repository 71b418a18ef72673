"""One call on its way to its answers: wait for frames, then encode them."""

import logging
from collections.abc import Sequence

from spot_webcam.app.capture.cancellation import CancellationToken
from spot_webcam.app.serving.call_frame import CallFrame
from spot_webcam.app.serving.encoder_pool import EncoderPool, shrink_for
from spot_webcam.app.serving.robot_timestamps import RobotTimestamps
from spot_webcam.domain.errors import (
    AnswerTooLarge,
    EncodingError,
    EncodingTimeout,
    Error,
    NoData,
    ParametersRefused,
)
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.media.image import THUMBNAIL_SHRINK, JpegPicture
from spot_webcam.domain.requests.answer import Answer, Capture
from spot_webcam.domain.requests.encoding import (
    EncodingPlan,
    ImageRequest,
    PassThrough,
    Refusal,
    plan_encoding,
)
from spot_webcam.domain.requests.status import Status, status_of_error
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.timing import NANOSECONDS, Clock

_LOG = logging.getLogger(__name__)

# Validation has no slot of the encoder pool, which bounds the memory of larger pictures (ADR 10).
MAX_VALIDATION_PIXELS = 4_000_000


class RenderJob:
    """A request that its source can serve."""

    def __init__(
        self,
        request: ImageRequest,
        frame: CallFrame,
        timestamps: RobotTimestamps,
        pool: EncoderPool,
        pass_through: PassThrough,
        planned: tuple[ImageSource, EncodingPlan | Refusal],
    ) -> None:
        """`planned` is a description of the source and the plan that was made for it."""
        self._request = request
        self._frame = frame
        self._source = frame.source
        self._timestamps = timestamps
        self._pool = pool
        self._pass_through = pass_through
        self._description, self._plan = planned
        # The frame of an answer with a picture.
        self._rendered: StoredFrame | None = None
        self._chosen: tuple[StoredFrame, EncodingPlan | Refusal] | None = None
        self._trial: EncodingPlan | None = None  # to encode after the answer

    @property
    def size_bytes(self) -> int:
        """About the size of the answer's picture."""
        plan = self._planned_for(self._source.description)
        return 0 if isinstance(plan, Refusal) else plan.size_bytes

    @property
    def checked_bytes(self) -> int:
        """Size of the answer's picture as far as it is known before it is encoded."""
        plan = self._planned_for(self._source.description)
        return 0 if isinstance(plan, Refusal) or plan.is_jpeg else plan.size_bytes

    def _planned_for(self, description: ImageSource) -> EncodingPlan | Refusal:
        if description != self._description:  # the camera was opened, or changed its mode
            self._plan = plan_encoding(self._request, description)
            self._description = description
        return self._plan

    def render(self) -> Answer:
        """Encode the frame and publish it; what fails is an answer with its status."""
        answer = self._published_answer()
        self._try_to_transcode()
        return answer

    def _published_answer(self) -> Answer:
        try:
            stored = self._frame.acquire(self._shrink_of)
            answer = self._answer_from(stored)
            if answer.status is Status.OK:
                self._frame.publish(stored)
                self._rendered = stored
        except Error as error:
            return self._failed(error)
        except Exception as error:  # noqa: BLE001 - one answer must not spoil the others
            _LOG.exception("%s: defect while answering %s", self._source.name, self._request)
            return self._failed(EncodingError(f"unexpected {type(error).__name__}: {error}"))
        else:
            return answer
        finally:
            self._frame.release()

    def unless_stale(self, answer: Answer) -> Answer:
        """Return the answer, or an error if its frame became stale while the call was encoded."""
        if self._rendered is None or not self._frame.is_stale(self._rendered):
            return answer
        reason = "the picture became too old while it was encoded: ask again, or for a smaller one"
        return self._failed(EncodingTimeout(reason))

    def _answer_from(self, stored: StoredFrame) -> Answer:
        known = self._pool.cached_answer(stored, self._request)
        if known is not None:
            return known
        if self._request.custom_params and not self._frame.has_parameters:
            raise NoData("the camera was being opened: ask again")
        chosen = self._chosen_for(stored)
        description = self._description
        if isinstance(chosen, Refusal):
            return refused(chosen, description)
        acquired_ns = self._timestamps.of(stored.frame)
        image = self._pool.encode(stored, chosen)
        is_encoded = not chosen.pass_through
        if is_encoded:
            self._pass_through.record(chosen, stored.frame, len(image.data))
            chosen, _ = self._pass_through.decide(chosen, self._request, stored.frame)
            if chosen.pass_through:
                image = self._pool.encode(stored, chosen)
        description = description.resized(image.cols, image.rows)
        answer = Answer(Status.OK, description, Capture(image, acquired_ns, stored.frame.settings))
        kept = self._pool.keep(stored, self._request, answer)
        if kept is answer:  # and not that of another call
            self._source.rendered(passed_through=not is_encoded)
        return kept

    def _try_to_transcode(self) -> None:
        """Learn now and then whether to transcode pays; no other call waits for that (ADR 8)."""
        if self._rendered is not None and self._trial is not None:
            try:
                size_bytes = len(self._pool.encode(self._rendered, self._trial).data)
                self._pass_through.record(self._trial, self._rendered.frame, size_bytes)
            except EncodingError as error:
                _LOG.debug("%s: cannot try to transcode: %s", self._source.name, error)

    def _chosen_for(self, stored: StoredFrame) -> EncodingPlan | Refusal:
        """Return what is to be made of a frame; that is decided once."""
        if self._chosen is None or self._chosen[0] is not stored:
            plan = chosen = self._planned_for(self._source.described_as(stored.frame.picture))
            if not isinstance(plan, Refusal):
                chosen, is_trial = self._pass_through.decide(plan, self._request, stored.frame)
                self._trial = plan if is_trial else None
            self._chosen = (stored, chosen)
        return self._chosen[1]

    def _shrink_of(self, stored: StoredFrame) -> int:
        """Return the divisor of the size in which a JPEG is validated: of the needed pixels."""
        chosen, picture = self._chosen_for(stored), stored.frame.picture
        if isinstance(chosen, EncodingPlan) and isinstance(picture, JpegPicture):
            shrink = shrink_for(picture, chosen)
            if picture.cols * picture.rows <= MAX_VALIDATION_PIXELS * shrink**2:
                return shrink
        return THUMBNAIL_SHRINK

    def _failed(self, error: Error) -> Answer:
        message = f"{self._source.name}: {error}"
        if isinstance(error, ParametersRefused):
            return refused(Refusal(Status.CUSTOM_PARAMS_ERROR, message), self._source.description)
        if isinstance(error, EncodingError) and not isinstance(error, EncodingTimeout):
            self._source.rendered(error)
        return Answer(status_of_error(error), self._source.description, message=message)


class PreparedCall:
    """The requests of one call: prepared, then waited for, then rendered. Not thread-safe."""

    def __init__(
        self,
        parts: Sequence[Answer | RenderJob],
        frames: Sequence[CallFrame],
        clock: Clock,
        cancellation: CancellationToken,
        *,
        max_bytes: int,
    ) -> None:
        """`parts` are answers, and jobs that use the `frames`.

        Raises:
            AnswerTooLarge: the pictures would not fit into one answer.
        """
        self._parts = parts
        self._frames = frames
        self._clock = clock
        # Not a method: who keeps it until the client has left does not keep this call's pictures.
        self.cancel = cancellation.cancel
        self._max_bytes = max_bytes
        self.is_rendered = not frames
        self._check_size()

    @property
    def size_bytes(self) -> int:
        """About the size of all answers' pictures, exact once they are rendered."""
        return sum(part.size_bytes for part in self._parts)

    def _check_size(self) -> None:
        """Refuse pictures that are known to be too large, before they take memory."""
        size_bytes = sum(
            part.size_bytes if isinstance(part, Answer) else part.checked_bytes
            for part in self._parts
        )
        if size_bytes > self._max_bytes:
            self.cancel()
            raise AnswerTooLarge(
                f"{size_bytes // 2**20} MiB of pictures in one answer; ask for fewer in one call,"
                " for smaller ones, or for JPEG"
            )

    def wait(self, timeout_s: float) -> None:
        """Wait for the frames that were requested of the cameras; blocks for `timeout_s` at most.

        Raises:
            AnswerTooLarge: the pictures would not fit into one answer.
        """
        deadline_ns = self._clock.monotonic_ns() + int(timeout_s * NANOSECONDS)
        for frame in self._frames:
            frame.wait(deadline_ns)
        self._check_size()

    def render(self) -> list[Answer]:
        """Return the answers, in the order of the requests; blocks while others encode.

        Raises:
            AnswerTooLarge: the pictures do not fit into one answer.
        """
        answers: list[Answer] = []
        for part in self._parts:
            answers.append(part if isinstance(part, Answer) else part.render())  # noqa: PERF401
        # Only now: the first ones have waited for the others.
        self._parts = answers = [
            answer if isinstance(part, Answer) else part.unless_stale(answer)
            for part, answer in zip(self._parts, answers, strict=True)
        ]
        self._check_size()
        return answers


def refused(refusal: Refusal, description: ImageSource) -> Answer:
    """Return the answer to a request that cannot be served."""
    return Answer(refusal.status, description, message=refusal.message)
