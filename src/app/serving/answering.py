"""The way of one request to its answer: a frame, a plan, an encoding."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from spot_webcam.app.serving.call_frames import FrameForCall
from spot_webcam.app.serving.encoder_pool import EncoderPool
from spot_webcam.app.serving.frame_cache import cache_of
from spot_webcam.app.serving.robot_timestamps import RobotTimestamps
from spot_webcam.domain.errors import (
    EncodingError,
    EncodingTimeout,
    Error,
    NoData,
    ParametersRefused,
)
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.media.image import ImageFormat
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.requests.answer import Answer, Capture
from spot_webcam.domain.requests.encoding import (
    EncodingPlan,
    ImageRequest,
    Refusal,
    passed_through,
    plan_encoding,
)
from spot_webcam.domain.requests.status import Cause, Status, status_of_error, status_of_refusal
from spot_webcam.domain.sources.description import ImageSource

_Outcome = TypeVar("_Outcome")

_LOG = logging.getLogger(__name__)

# About how much smaller than its pixels a JPEG is, if of good quality.
JPEG_SHRINKS = 8


class Question:
    """A request that its source can serve, on its way to an answer."""

    def __init__(
        self,
        request: ImageRequest,
        frame: FrameForCall,
        times: RobotTimestamps,
        workshop: EncoderPool,
        *,
        transcode: bool,
    ) -> None:
        self._transcode = transcode
        self._request = request
        self._frame = frame
        self._source = frame.source
        self._times = times
        self._workshop = workshop

    def collect(self, deadline_ns: int) -> "Answer | Task":
        """Wait for the frame, and plan what is to be made of it."""
        return self._caught(lambda: self._plan(self._frame.get(deadline_ns)))

    def _caught(self, step: "Callable[[], _Outcome]") -> "Answer | _Outcome":
        try:
            return step()
        except Error as error:
            return self._failed(error)
        except Exception as error:  # noqa: BLE001 - logged; one answer must not spoil the others
            _LOG.exception("%s: a defect in answering %s", self._source.name, self._request)
            return self._failed(EncodingError(f"unexpected {type(error).__name__}: {error}"))

    def _plan(self, stored: StoredFrame) -> "Answer | Task":
        if self._request.custom_params and not self._frame.ordered:
            raise NoData("the camera was being opened: ask once more")
        description = self._source.described_as(stored.frame.picture)
        plan = plan_encoding(self._request, description)
        if isinstance(plan, Refusal):  # the camera has changed its layout meanwhile
            return refused(plan, description)
        if isinstance(stored.frame.picture, JpegPicture) and not self._transcode:
            plan = passed_through(plan, self._request, stored.frame.picture)
        return Task(self, stored, plan, description)

    def finish(self, task: "Task") -> Answer:
        """Make what was planned, of a newer frame if this one has grown too old meanwhile."""
        return self._caught(lambda: self._finished(task))

    def _finished(self, task: "Task") -> Answer:
        stored = self._frame.young()
        planned = task if stored is task.stored else self._plan(stored)
        if isinstance(planned, Answer):
            return planned
        answer = cache_of(stored).answer(self._request, lambda: self._made(planned))
        if self._frame.is_old():
            raise EncodingTimeout("the picture grew too old while it was made: ask for less")
        if answer.status is Status.OK and not self._frame.ordered:
            self._source.publish(stored)
        return answer

    def _made(self, task: "Task") -> Answer:
        acquired_ns = self._times.of(task.stored.frame)
        image = self._workshop.variant(task.stored, task.plan)
        if not task.plan.pass_through:  # which proves nothing
            self._source.encoding_succeeded()
        settings = task.stored.frame.settings
        return Answer(Status.OK, task.description, Capture(image, acquired_ns, settings))

    def _failed(self, error: Error) -> Answer:
        message = f"{self._source.name}: {error}"
        if isinstance(error, ParametersRefused):
            return refused(Refusal(Cause.CUSTOM_PARAMS, message), self._source.description)
        if isinstance(error, EncodingError) and not isinstance(error, EncodingTimeout):
            self._source.encoding_failed(error)
        return Answer(status_of_error(error), self._source.description, message=message)


@dataclass(frozen=True, slots=True)
class Task:
    """An encoding that is planned and not made."""

    question: Question
    stored: StoredFrame
    plan: EncodingPlan
    description: ImageSource

    @property
    def about_bytes(self) -> int:
        """About how large it will be."""
        if self.plan.pass_through and isinstance(self.stored.frame.picture, JpegPicture):
            return len(self.stored.frame.picture.data)
        if self.plan.image_format is ImageFormat.JPEG:
            return self.plan.max_bytes // JPEG_SHRINKS
        return self.plan.max_bytes

    def answer(self) -> Answer:
        """Make it."""
        return self.question.finish(self)


def refused(refusal: Refusal, description: ImageSource) -> Answer:
    """Return the answer to a request that cannot be served."""
    return Answer(status_of_refusal(refusal.cause), description, message=refusal.message)
