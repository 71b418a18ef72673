"""The use case: list the sources, and answer requests for their pictures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spot_webcam.app.capture.cancellation import CancellationToken
from spot_webcam.app.serving.call_frame import CallFrame
from spot_webcam.app.serving.encoder_pool import EncoderPool
from spot_webcam.app.serving.frame_source import FrameSource
from spot_webcam.app.serving.prepared_call import PreparedCall, RenderJob, refused
from spot_webcam.app.serving.publisher import FramePublisher
from spot_webcam.app.serving.robot_timestamps import RobotTimestamps
from spot_webcam.app.settings import Limits, Timeouts
from spot_webcam.domain.media.image import ImageCodec
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import ImageRequest, PassThrough, Refusal, plan_encoding
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.sources.parameters import (
    MAX_ENCODED_BYTES,
    ParameterCheck,
    ParameterValues,
    no_rules,
    parameter_values,
)
from spot_webcam.domain.timing import Clock, RobotClock

# Of a source name that a client sent, in our answer.
MAX_SHOWN_NAME = 80


@dataclass(frozen=True, slots=True)
class _Served:
    source: FrameSource
    publisher: FramePublisher
    timestamps: RobotTimestamps
    pass_through: PassThrough


class ImageService:
    """Answers requests from live sources. Thread-safe."""

    def __init__(
        self,
        sources: Iterable[FrameSource],
        clock: Clock,
        robot_clock: RobotClock,
        codec: ImageCodec,
        *,
        check_parameters: ParameterCheck = no_rules,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._check_parameters = check_parameters
        self._served: dict[str, _Served] = {}
        self._clock = clock
        self._robot_clock = robot_clock
        self._limits = limits = limits or Limits()
        self._timeouts = timeouts = timeouts or Timeouts()
        self._pool = EncoderPool(
            codec,
            limits.encoder_slots,
            timeout_s=timeouts.encoding_s,
            max_cached=limits.cached_answers,
            max_cached_bytes=limits.cached_bytes,
        )
        for source in sources:
            self.add(source)

    def add(self, source: FrameSource) -> None:
        """Serve a source from now on, in place of one of its name; one thread at a time."""
        publisher = FramePublisher(
            source,
            self._pool,
            self._clock,
            max_claims=self._limits.claimed_frames,
            claim_timeout_s=self._timeouts.claim_s,
            max_lag_s=self._timeouts.published_lag_s,
        )
        own, trial_s = source.description, self._timeouts.transcode_trial_s
        pass_through = PassThrough(trial_s, transcode=own.transcode, quality=own.default_quality)
        served = _Served(source, publisher, RobotTimestamps(self._robot_clock), pass_through)
        # Replaced and not changed: calls in progress iterate over the old one.
        self._served = {**self._served, source.name: served}

    def remove(self, name: str) -> None:
        """Serve a source no more; one thread at a time calls this, as `add`."""
        self._served = {key: served for key, served in self._served.items() if key != name}

    def list_sources(self) -> list[ImageSource]:
        """Return the sources in the order in which they were added."""
        return [served.source.description for served in self._served.values()]

    def prepare(self, requests: Sequence[ImageRequest]) -> PreparedCall:
        """Find the answers that are known, and plan the others; never blocks.

        The call is then waited for and rendered, unless it `is_rendered`: every answer is one
        that an equal request got from the frame that is published now. A request that cannot be
        served is answered by its status. Requests for one source get the same frame.

        Raises:
            AnswerTooLarge: the pictures would not fit into one answer.
        """
        max_bytes = self._limits.answer_bytes
        known = [self._known_answer(request) for request in requests]
        answers = [answer for answer in known if answer is not None]
        call = _CallFrames(self._clock, self._limits.parameter_sets)
        parts: Sequence[Answer | RenderJob] = answers
        if len(answers) < len(requests):
            parts = [self._part(request, call) for request in requests]
        return PreparedCall(parts, call.frames, self._clock, call.cancellation, max_bytes=max_bytes)

    def _known_answer(self, request: ImageRequest) -> Answer | None:
        served = self._served.get(request.source_name)
        newest = None if served is None else served.source.latest()
        if served is None or newest is None:
            return None
        published = served.publisher.settled(newest)
        return None if published is None else self._pool.cached_answer(published, request)

    def _part(self, request: ImageRequest, call: "_CallFrames") -> Answer | RenderJob:
        served = self._served.get(request.source_name)
        if served is None:
            known = ", ".join(self._served)
            name = request.source_name[:MAX_SHOWN_NAME]
            message = f"no source is named {name!r}; there are {known}"
            return Answer(Status.UNKNOWN_CAMERA, message=message)
        source = served.source
        description = source.description
        plan = self._refusal_of_parameters(request, description)
        plan_or_refusal = plan or plan_encoding(request, description)
        values: ParameterValues | None = None
        if isinstance(plan_or_refusal, Refusal):
            if source.has_opened:
                return refused(plan_or_refusal, description)
        elif request.custom_params and description.parameter_spec:
            values = request.encoded_params
        elif request.custom_params:
            values = parameter_values(request.custom_params, description.parameters)
        frame = call.frame(served, values)
        if frame is None:
            message = (
                f"{source.name}: a call gets pictures with {self._limits.parameter_sets} different"
                " sets of parameters of one source at most: ask for this one in another call"
            )
            return refused(Refusal(Status.CUSTOM_PARAMS_ERROR, message), description)
        planned = (description, plan_or_refusal)
        return RenderJob(
            request, frame, served.timestamps, self._pool, served.pass_through, planned
        )

    def _refusal_of_parameters(
        self, request: ImageRequest, description: ImageSource
    ) -> Refusal | None:
        encoded, reason = request.encoded_params, None
        if len(encoded) > MAX_ENCODED_BYTES:
            reason = f"parameters take {MAX_ENCODED_BYTES} bytes at the most"
        elif request.custom_params:
            offer = (description.parameters, description.parameter_spec)
            reason = self._check_parameters(encoded, *offer)
        text = f"{description.name}: {reason}"
        return None if reason is None else Refusal(Status.CUSTOM_PARAMS_ERROR, text)


class _CallFrames:
    """The frames of one call, each for all requests that get the same one."""

    def __init__(self, clock: Clock, max_parameter_sets: int) -> None:
        self._clock = clock
        self._max_parameter_sets = max_parameter_sets
        self._by_source: dict[str, list[tuple[ParameterValues | None, CallFrame]]] = {}
        self.cancellation = CancellationToken()

    @property
    def frames(self) -> list[CallFrame]:
        """All of them."""
        return [frame for frames in self._by_source.values() for _, frame in frames]

    def frame(self, served: _Served, values: ParameterValues | None) -> CallFrame | None:
        """Return the frame that is captured with these values, or any frame of the source.

        `None`: too many different ones. The first one waits for the last, and must not be stale by
        then; all are held meanwhile, in full size.
        """
        frames = self._by_source.setdefault(served.source.name, [])
        for known, frame in frames:
            if known == values:
                return frame
        if values and sum(bool(known) for known, _ in frames) >= self._max_parameter_sets:
            return None
        frame = CallFrame(served.source, served.publisher, self._clock, values, self.cancellation)
        frames.append((values, frame))
        return frame
