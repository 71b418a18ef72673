"""The use case: list the sources, get their pictures."""

from collections.abc import Callable, Iterable, Sequence

from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.serving.answering import Question, refused
from spot_webcam.app.serving.call_frames import CallFrames
from spot_webcam.app.serving.encoder_pool import EncoderPool
from spot_webcam.app.serving.frame_cache import cache_of
from spot_webcam.app.serving.robot_timestamps import RobotTimestamps
from spot_webcam.domain.errors import AnswerTooLarge, ParametersRefused
from spot_webcam.domain.media.image import ImageFormat
from spot_webcam.domain.ports import Clock, ImageCodec, RobotClock
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import EncodingPlan, ImageRequest, Refusal, plan_encoding
from spot_webcam.domain.requests.status import Cause, status_of_refusal
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.sources.parameters import (
    MAX_ENCODED_BYTES,
    ParameterCheck,
    ParameterValues,
    no_rules,
    parameter_values,
)
from spot_webcam.domain.timing import NANOSECONDS

# What the SDK's clients accept by default (100 MiB), less room for all but the pictures.
MAX_ANSWER_BYTES = 99 * 1024 * 1024
# Of a client's text in our answer.
MAX_SHOWN_NAME = 80


class ImageService:
    """Answers requests from live sources. Thread-safe."""

    def __init__(
        self,
        sources: Iterable[CameraSource],
        clock: Clock,
        robot_clock: RobotClock,
        codec: ImageCodec,
        *,
        transcode: bool = False,
        check_parameters: ParameterCheck = no_rules,
    ) -> None:
        """With `transcode`, no camera's JPEG is handed out as it is."""
        self._transcode = transcode
        self._check_parameters = check_parameters
        self._sources: dict[str, CameraSource] = {}
        self._times: dict[str, RobotTimestamps] = {}
        self._clock = clock
        self._robot_clock = robot_clock
        self._workshop = EncoderPool(codec)
        for source in sources:
            self.add(source)

    def add(self, source: CameraSource) -> None:
        """Serve one more source from now on; one thread at a time calls this."""
        # Replaced and not changed: calls under way look into the old ones.
        self._times = {**self._times, source.name: RobotTimestamps(self._robot_clock)}
        self._sources = {**self._sources, source.name: source}

    def list_sources(self) -> list[ImageSource]:
        """Return the sources in the order in which they were named."""
        return [source.description for source in self._sources.values()]

    def catalogue(self) -> object:
        """Return a value that changes when the sources do, but for their sizes and values."""
        return tuple(
            (
                one.name,
                one.image_type,
                one.pixel_formats,
                tuple(p.name for p in one.parameters),
                one.parameter_spec,
            )
            for one in self.list_sources()
        )

    def known_answer(self, request: ImageRequest, _who: object = None) -> Answer | None:
        """Return the answer that someone got already, from a frame that is still the one to give.

        `who` tells one client from another.

        This is the way of nearly every request when many look; it never blocks, and takes some
        microseconds. Where there is none, `get_images` makes it.
        """
        source = self._sources.get(request.source_name)
        if source is None:
            return None
        stored = source.latest()
        return None if stored is None else cache_of(stored).answered(request)

    def get_images(
        self,
        requests: Sequence[ImageRequest],
        timeout_s: float,
        make_room: Callable[[int], None] = lambda _: None,
        when_ended: Callable[[Callable[[], None]], None] = lambda _: None,
        who: object = None,  # noqa: ARG002 - temporary
    ) -> list[Answer]:
        """Answer each request, in their order, waiting for cameras for `timeout_s` at most.

        A request that cannot be served is answered by its status. Requests for one source get
        the same frame. `make_room` is called once all frames are there and before anything is
        made of them, with about as many bytes as that will be; it may block, and raise.
        `when_ended` is given what is to be done if the client goes away meanwhile. `who` tells one
        client from another.

        Raises:
            AnswerTooLarge: the pictures would not fit into one answer; none was made.
        """
        deadline_ns = self._clock.monotonic_ns() + int(timeout_s * NANOSECONDS)
        self._check_size(requests)
        frames = CallFrames()
        asked = [self._ask(request, frames) for request in requests]
        if frames.ordered:
            when_ended(frames.call.cancel)
        answers = [one if isinstance(one, Answer) else one.collect(deadline_ns) for one in asked]
        frames.call.cancel()
        make_room(sum(one.about_bytes for one in answers if not isinstance(one, Answer)))
        return [one if isinstance(one, Answer) else one.answer() for one in answers]

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
                size += plan.max_bytes
        if size > MAX_ANSWER_BYTES:
            raise AnswerTooLarge(
                f"{size // 2**20} MiB of pictures in one answer; ask for fewer in one call, for"
                " smaller ones, or for JPEG"
            )

    def _ask(self, request: ImageRequest, frames: CallFrames) -> Answer | Question:
        source = self._sources.get(request.source_name)
        if source is None:
            known = ", ".join(self._sources)
            name = request.source_name[:MAX_SHOWN_NAME]
            message = f"no source is named {name!r}; there are {known}"
            return Answer(status_of_refusal(Cause.UNKNOWN_SOURCE), message=message)
        description = source.description
        refusal = self._refusal_of_parameters(request, description)
        plan = refusal or plan_encoding(request, description)
        if isinstance(plan, Refusal) and source.has_opened:
            return refused(plan, description)
        if isinstance(plan, EncodingPlan) and request.custom_params:
            try:
                frame = frames.with_parameters(source, _wanted(request, description))
            except ParametersRefused as error:
                message = f"{source.name}: {error}"
                return refused(Refusal(Cause.CUSTOM_PARAMS, message), description)
        else:
            frame = frames.of(source)
        times = self._times[source.name]
        return Question(request, frame, times, self._workshop, transcode=self._transcode)

    def _refusal_of_parameters(
        self, request: ImageRequest, description: ImageSource
    ) -> Refusal | None:
        if not request.custom_params:
            return None
        if len(request.encoded_params) > MAX_ENCODED_BYTES:
            wrong: str | None = f"parameters take {MAX_ENCODED_BYTES} bytes at the most"
        else:
            wrong = self._check_parameters(
                request.encoded_params, description.parameters, description.parameter_spec
            )
        if wrong is None:
            return None
        return Refusal(Cause.CUSTOM_PARAMS, f"{description.name}: {wrong}")


def _wanted(request: ImageRequest, description: ImageSource) -> ParameterValues:
    if description.parameter_spec:
        return request.encoded_params
    return parameter_values(request.custom_params, description.parameters)
