"""The use case: list the sources, get their pictures."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from spot_webcam.domain.answer import Answer, Capture
from spot_webcam.domain.capture_time import AcquisitionTimes
from spot_webcam.domain.encoding import (
    EncodingPlan,
    ImageRequest,
    Refusal,
    passed_through,
    plan_encoding,
)
from spot_webcam.domain.errors import (
    AnswerTooLarge,
    CameraError,
    EncodingError,
    EncodingTimeout,
    Error,
    NoData,
    ParametersRefused,
)
from spot_webcam.domain.frame_store import StoredFrame
from spot_webcam.domain.image import ImageFormat
from spot_webcam.domain.jpeg import JpegPicture
from spot_webcam.domain.live_source import LiveSource
from spot_webcam.domain.parameters import parameter_values
from spot_webcam.domain.ports import Clock, ImageCodec, RobotClock
from spot_webcam.domain.source import ImageSource
from spot_webcam.domain.status import Cause, Status, status_of_error, status_of_refusal
from spot_webcam.domain.time_units import NANOSECONDS
from spot_webcam.domain.workshop import Workshop

# Gets a source's frame by a monotonic deadline.
_GetFrame = Callable[[int], StoredFrame]
_Outcome = TypeVar("_Outcome")

_LOG = logging.getLogger(__name__)

# About how much smaller than its pixels a JPEG is, if of good quality.
JPEG_SHRINKS = 8
# What the SDK's clients accept by default (100 MiB), less room for all but the pictures.
LARGEST_ANSWER_BYTES = 99 * 1024 * 1024
# Of a client's text in our answer.
LONGEST_SHOWN_NAME = 80


class ImageService:
    """Answers requests from live sources. Thread-safe."""

    def __init__(
        self,
        sources: Iterable[LiveSource],
        clock: Clock,
        robot_clock: RobotClock,
        codec: ImageCodec,
        *,
        transcode: bool = False,
    ) -> None:
        """With `transcode`, no camera's JPEG is handed out as it is."""
        self._transcode = transcode
        self._sources: dict[str, LiveSource] = {}
        self._times: dict[str, AcquisitionTimes] = {}
        self._clock = clock
        self._robot_clock = robot_clock
        self._workshop = Workshop(codec)
        for source in sources:
            self.add(source)

    def add(self, source: LiveSource) -> None:
        """Serve one more source from now on; one thread at a time calls this."""
        # Replaced and not changed: calls under way look into the old ones.
        self._times = {**self._times, source.name: AcquisitionTimes(self._robot_clock)}
        self._sources = {**self._sources, source.name: source}

    def list_sources(self) -> list[ImageSource]:
        """Return the sources in the order in which they were named."""
        return [source.description for source in self._sources.values()]

    def catalogue(self) -> object:
        """Return a value that changes when the sources do, but for their sizes and values."""
        return tuple(
            (one.name, one.image_type, one.pixel_formats, tuple(p.name for p in one.parameters))
            for one in self.list_sources()
        )

    def get_images(
        self,
        requests: Sequence[ImageRequest],
        timeout_s: float,
        make_room: Callable[[int], None] = lambda _: None,
    ) -> list[Answer]:
        """Answer each request, in their order, waiting for cameras for `timeout_s` at most.

        A request that cannot be served is answered by its status. Requests for one source get
        the same frame. `make_room` is called once all frames are there and before anything is
        made of them, with about as many bytes as that will be; it may block, and raise.

        Raises:
            AnswerTooLarge: the pictures would not fit into one answer; none was made.
        """
        if len(requests) == 1:
            known = self._known_answer(requests[0])
            if known is not None:
                make_room(known.size)
                return [known]
        deadline_ns = self._clock.monotonic_ns() + int(timeout_s * NANOSECONDS)
        self._check_size(requests)
        frames: dict[str, _GetFrame] = {}
        asked = [self._ask(request, frames) for request in requests]
        answers = [one if isinstance(one, Answer) else one.collect(deadline_ns) for one in asked]
        make_room(sum(one.about_bytes for one in answers if not isinstance(one, Answer)))
        return [one if isinstance(one, Answer) else one.answer() for one in answers]

    def _known_answer(self, request: ImageRequest) -> Answer | None:
        """Return the answer that someone got already, from a frame that is still the one to give.

        This is the way of nearly every request when many look; it takes some microseconds.
        """
        source = self._sources.get(request.source_name)
        stored = None if source is None else source.fresh()
        if source is None or stored is None:
            return None
        known = stored.answered(request)
        if known is None and self._workshop.busy:
            given = source.just_given()
            known = None if given is None else given.answered(request)
        return known

    def _check_size(self, requests: Sequence[ImageRequest]) -> None:
        """Refuse what cannot fit before anything is made: making it would take the memory.

        JPEGs are not counted: they are a tenth of their pixels, and looked at when they are made.
        """
        size = 0
        for request in requests:
            if request.image_format == ImageFormat.JPEG:
                continue
            source = self._sources.get(request.source_name)
            plan = None if source is None else plan_encoding(request, source.description)
            if isinstance(plan, EncodingPlan) and plan.image_format is not ImageFormat.JPEG:
                size += plan.most_bytes
        if size > LARGEST_ANSWER_BYTES:
            raise AnswerTooLarge(
                f"{size // 2**20} MiB of pictures in one answer; ask for fewer in one call, for"
                " smaller ones, or for JPEG"
            )

    def _ask(self, request: ImageRequest, frames: "dict[str, _GetFrame]") -> "Answer | _Question":
        source = self._sources.get(request.source_name)
        if source is None:
            known = ", ".join(self._sources)
            name = request.source_name[:LONGEST_SHOWN_NAME]
            message = f"no source is named {name!r}; there are {known}"
            return Answer(status_of_refusal(Cause.UNKNOWN_SOURCE), message=message)
        description = source.description
        plan = plan_encoding(request, description)
        if isinstance(plan, Refusal) and source.seen:
            return _refused(plan, description)
        if isinstance(plan, EncodingPlan) and request.custom_params:
            values = parameter_values(request.custom_params, description.parameters)
            get_frame = source.ask(values)
            return self._question(request, source, get_frame, ordered=True)
        if source.name not in frames:
            frames[source.name] = _Shared(source.ask()).get
        return self._question(request, source, frames[source.name])

    def _question(
        self,
        request: ImageRequest,
        source: LiveSource,
        get_frame: _GetFrame,
        *,
        ordered: bool = False,
    ) -> "_Question":
        times = self._times[source.name]
        return _Question(
            request,
            source,
            get_frame,
            times,
            self._workshop,
            ordered=ordered,
            transcode=self._transcode,
        )


class _Shared:
    """A frame, or the error in its place, for all requests of one call."""

    def __init__(self, get: _GetFrame) -> None:
        self._get = get
        self._frame: StoredFrame | None = None
        self._error: CameraError | None = None

    def get(self, deadline_ns: int) -> StoredFrame:
        if self._error is not None:
            raise type(self._error)(*self._error.args)
        if self._frame is None:
            try:
                self._frame = self._get(deadline_ns)
            except CameraError as error:
                # A copy: the traceback of what is raised leads back here, and to all pictures of
                # the call, which such a circle would keep until the garbage is collected.
                self._error = type(error)(*error.args)
                raise
        return self._frame


class _Question:
    """A request that its source can serve, on its way to an answer."""

    def __init__(
        self,
        request: ImageRequest,
        source: LiveSource,
        get_frame: _GetFrame,
        times: AcquisitionTimes,
        workshop: Workshop,
        *,
        ordered: bool,
        transcode: bool,
    ) -> None:
        self._ordered = ordered
        self._transcode = transcode
        self._request = request
        self._source = source
        self._get_frame = get_frame
        self._times = times
        self._workshop = workshop

    def collect(self, deadline_ns: int) -> "Answer | _Task":
        """Wait for the frame, and plan what is to be made of it."""
        return self._caught(lambda: self._plan(self._get_frame(deadline_ns)))

    def _caught(self, step: "Callable[[], _Outcome]") -> "Answer | _Outcome":
        try:
            return step()
        except Error as error:
            return self._failed(error)
        except Exception as error:  # noqa: BLE001 - logged; one answer must not spoil the others
            _LOG.exception("%s: a defect in answering %s", self._source.name, self._request)
            return self._failed(EncodingError(f"unexpected {type(error).__name__}: {error}"))

    def _plan(self, stored: StoredFrame) -> "Answer | _Task":
        if self._request.custom_params and not self._ordered:
            raise NoData("the camera was being opened: ask once more")
        known = stored.answered(self._request)
        if known is not None:
            return known
        description = self._source.described_as(stored.frame.picture)
        plan = plan_encoding(self._request, description)
        if isinstance(plan, Refusal):  # the camera has changed its layout meanwhile
            return _refused(plan, description)
        if isinstance(stored.frame.picture, JpegPicture) and not self._transcode:
            plan = passed_through(plan, self._request, stored.frame.picture)
        return _Task(self, stored, plan, description)

    def finish(self, task: "_Task") -> Answer:
        """Make what was planned."""
        return self._caught(lambda: task.stored.answer(self._request, lambda: self._finished(task)))

    def _finished(self, task: "_Task") -> Answer:
        acquired_ns = self._times.of(task.stored.frame)
        image = self._workshop.variant(task.stored, task.plan)
        if not task.plan.pass_through:  # which proves nothing
            self._source.encoding_worked()
        settings = task.stored.frame.settings
        return Answer(Status.OK, task.description, Capture(image, acquired_ns, settings))

    def _failed(self, error: Error) -> Answer:
        message = f"{self._source.name}: {error}"
        if isinstance(error, ParametersRefused):
            return _refused(Refusal(Cause.CUSTOM_PARAMS, message), self._source.description)
        if isinstance(error, EncodingError) and not isinstance(error, EncodingTimeout):
            self._source.encoding_failed(error)
        return Answer(status_of_error(error), self._source.description, message=message)


@dataclass(frozen=True, slots=True)
class _Task:
    """An encoding that is planned and not made."""

    question: _Question
    stored: StoredFrame
    plan: EncodingPlan
    description: ImageSource

    @property
    def about_bytes(self) -> int:
        if self.plan.pass_through and isinstance(self.stored.frame.picture, JpegPicture):
            return len(self.stored.frame.picture.data)
        if self.plan.image_format is ImageFormat.JPEG:
            return self.plan.most_bytes // JPEG_SHRINKS
        return self.plan.most_bytes

    def answer(self) -> Answer:
        return self.question.finish(self)


def _refused(refusal: Refusal, description: ImageSource) -> Answer:
    return Answer(status_of_refusal(refusal.cause), description, message=refusal.message)
