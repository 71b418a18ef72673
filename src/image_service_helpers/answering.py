"""The answers to one call."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from functools import partial
from typing import Any

from bosdyn.api import image_pb2

from spot_webcam.app.serving.image_service import MAX_SHOWN_NAME
from spot_webcam.domain.errors import CameraError, EncodingTimeout, Error, NotSynchronized
from spot_webcam.domain.requests.status import Cause, Status, status_of_error, status_of_refusal
from spot_webcam.image_service_helpers.patience import MAX_WAIT_S
from spot_webcam.image_service_helpers.requests import Refused, resolved
from spot_webcam.image_service_helpers.shot import Decoding, Shot
from spot_webcam.image_service_helpers.source_captures import Asked
from spot_webcam.image_service_helpers.visual_image_source import VisualImageSource

_LOG = logging.getLogger(__name__)

# What a picture may take that replaces one which grew too old while others were waited for.
REPLACING_S = 1.0

# From a camera's time in seconds to the robot's, as a message.
RobotTime = Callable[[float], Any]
# Fills an image message with a picture as a request wants it, and returns the status.
Decode = Callable[[Any, Any, Any], int]


class ShotForCall:
    """A shot, or the error in its place, for all requests of one call that want the same."""

    def __init__(self, ask: Callable[[], Asked]) -> None:
        self._outcome: Shot | CameraError | None = None
        self._asked: Asked | None = None
        try:
            self._asked = ask()
        except CameraError as error:
            self._outcome = error

    @property
    def waits(self) -> bool:
        """Whether it is still to be taken."""
        return self._asked is not None and not self._asked.of_background

    def get(self, timeout_s: float) -> Shot:
        """Wait for it; raises `CameraError`."""
        if self._outcome is None and self._asked is not None:
            try:
                self._outcome = self._asked.get(timeout_s)
            except CameraError as error:
                self._outcome = error
        if isinstance(self._outcome, Shot):
            return self._outcome
        failure = self._outcome or CameraError("no picture was asked for")
        raise type(failure)(*failure.args)


@dataclass(slots=True)
class Question:
    """A request that its source can serve, on its way to an answer."""

    source: VisualImageSource
    request: Any
    shots: ShotForCall
    decode: Decode

    def begin(self, timeout_s: float) -> "tuple[Shot, Future[Decoding]]":
        """Wait for the shot, and have it decoded; the same however often it is called."""
        shot = self.shots.get(timeout_s)
        return shot, self.source.decoded(shot, self.request, self.decode)

    def decoded(self, end_s: float) -> tuple[Shot, Decoding]:
        """Wait for the decoding, of a newer shot if this one has grown too old meanwhile."""
        shot, decoding = self._wait(max(end_s - time.monotonic(), 0.0))
        if self.source.is_old(shot):
            self.shots = ShotForCall(partial(self.source.ask, shot.custom_params))
            shot, decoding = self._wait(REPLACING_S)
        return shot, decoding

    def _wait(self, timeout_s: float) -> tuple[Shot, Decoding]:
        shot, decoding = self.begin(timeout_s)
        try:
            return shot, decoding.result(min(timeout_s, MAX_WAIT_S))
        except FutureTimeoutError:
            raise EncodingTimeout("the picture was not decoded in time") from None


class Call:
    """Requests of one call: independent of one another, and answered in their order."""

    def __init__(
        self, sources: Mapping[str, VisualImageSource], robot_time: RobotTime, decode: Decode
    ) -> None:
        self._sources = sources
        self._robot_time = robot_time
        self._decode = decode
        self._shots: dict[tuple[str, bytes], ShotForCall] = {}
        self.reasons: list[str] = []

    def answer(
        self, requests: Sequence[Any], responses: Any, wait_s: float, decode_s: float
    ) -> None:
        """Add an `ImageResponse` for each request.

        Cameras are waited for `wait_s` at most, and their decodings until `decode_s` after now.
        One that no other answer depends on is waited for until then, too.
        """
        began_s = time.monotonic()
        asked = [self._caught(request, partial(self._ask, request)) for request in requests]
        questions = [one for one in asked if isinstance(one, Question)]
        if len(self._shots) == 1:
            wait_s = max(wait_s, min(MAX_WAIT_S, decode_s))
        # What the background has is taken last: it is at hand, and grows old.
        for question in sorted(questions, key=lambda one: not one.shots.waits):
            left_s = max(0.0, began_s + wait_s - time.monotonic())
            self._quietly(partial(question.begin, left_s))
        for request, one in zip(requests, asked, strict=True):
            answer = one
            if isinstance(one, Question):
                answer = self._caught(request, partial(self._finished, one, began_s + decode_s))
            responses.append(answer)

    def _ask(self, request: Any) -> Any:
        name = request.image_source_name
        source = self._sources.get(name)
        if source is None:
            known = ", ".join(self._sources)
            shown = name[:MAX_SHOWN_NAME]
            message = f"no source is named {shown!r}; there are {known}"
            return self._refused(request, Refused(Cause.UNKNOWN_SOURCE, message))
        clean = resolved(request, source.supported_pixel_formats)
        if isinstance(clean, Refused):
            return self._refused(request, clean)
        params = clean.custom_params if clean.HasField("custom_params") else None
        if params is not None:
            error = source.value_validator(params)
            if error:
                reason = "; ".join(error.error_messages) or "the custom parameters are not allowed"
                refused = Refused(Cause.CUSTOM_PARAMS, f"{name}: {reason}", error)
                return self._refused(request, refused)
        key = (name, b"" if params is None else params.SerializeToString(deterministic=True))
        if key not in self._shots:
            self._shots[key] = ShotForCall(partial(source.ask, params))
        return Question(source, clean, self._shots[key], self._decode)

    def _refused(self, request: Any, refused: Refused) -> Any:
        response = self._failed(request, status_of_refusal(refused.cause), refused.message)
        if refused.detail is not None:
            response.custom_param_error.CopyFrom(refused.detail)
        return response

    def _failed(self, request: Any, status: int, message: str) -> Any:
        self.reasons.append(message)
        response = image_pb2.ImageResponse(status=int(status))
        source = self._sources.get(request.image_source_name)
        if source is not None:
            response.source.CopyFrom(source.image_source_proto)
        return response

    def _finished(self, question: Question, end_s: float) -> Any:
        shot, decoding = question.decoded(end_s)
        name = question.source.image_source_name
        if decoding.status != Status.OK:
            return self._failed(
                question.request, decoding.status, f"{name}: it is not to be decoded like this"
            )
        try:
            acquired = self._robot_time(shot.timestamp)
        except Exception as error:  # the SDK's time sync raises whatever ended its thread
            raise NotSynchronized(f"{name}: robot time is not known: {error}") from error
        if acquired is None:
            raise NotSynchronized(f"{name}: {shot.timestamp} is no time of a picture")
        response = image_pb2.ImageResponse(status=int(Status.OK))
        response.source.CopyFrom(question.source.image_source_proto)
        response.shot.acquisition_time.CopyFrom(acquired)
        response.shot.capture_params.CopyFrom(decoding.parameters)
        response.shot.image.CopyFrom(decoding.image)
        return response

    def _quietly(self, step: Callable[[], object]) -> None:
        """Begin with a question; what went wrong is raised again when it is to be finished."""
        try:
            step()
        except Exception as error:  # noqa: BLE001 - one answer must not spoil the others
            _LOG.debug("%s: %s", type(error).__name__, error)

    def _caught(self, request: Any, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except Error as error:
            return self._failed(request, status_of_error(error), str(error))
        except Exception as error:  # noqa: BLE001 - one answer must not spoil the others
            _LOG.exception("%s: a defect in answering", request.image_source_name)
            message = f"{request.image_source_name}: unexpected {type(error).__name__}: {error}"
            return self._failed(request, Status.IMAGE_DATA_ERROR, message)
