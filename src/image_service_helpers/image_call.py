"""Answers to the requests of one call."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from bosdyn.api import image_pb2

from spot_webcam.app.capture.single_flight import SingleFlightCache
from spot_webcam.app.serving.image_service import MAX_SHOWN_NAME
from spot_webcam.app.settings import Limits
from spot_webcam.domain.errors import EncodingTimeout, Error, NotSynchronized
from spot_webcam.domain.requests.status import Status, status_of_error
from spot_webcam.image_service_helpers.hang_detector import MAX_WAIT_S
from spot_webcam.image_service_helpers.requests import Refused, resolved
from spot_webcam.image_service_helpers.shot import Decoding, PendingShot, Shot
from spot_webcam.image_service_helpers.shot_decoder import Decode
from spot_webcam.image_service_helpers.visual_image_source import VisualImageSource

_LOG = logging.getLogger(__name__)

# For a shot and its decoding that replace a shot which became stale during the call.
REPLACE_TIMEOUT_S = 1.0

# From the camera's time in seconds to a timestamp message in robot time.
RobotTime: TypeAlias = Callable[[float], Any]
# Name of the source, and serialized custom parameters.
ShotKey: TypeAlias = tuple[str, bytes]


@dataclass(slots=True)
class PendingAnswer:
    """The answer to a valid request: its shot, and the decoding of the shot.

    `get_shot` waits for a timeout, and returns the same shot each time.
    """

    source: VisualImageSource
    request: Any
    get_shot: Callable[[float], Shot]
    is_background: bool
    decode: Decode

    def begin(self, timeout_s: float) -> "tuple[Shot, Future[Decoding]]":
        """Wait for the shot, and start its decoding; may be repeated."""
        shot = self.get_shot(timeout_s)
        return shot, self.source.decoded(shot, self.request, self.decode)

    def decoded(self, end_s: float) -> tuple[Shot, Decoding]:
        """Wait for the decoding, that of a newer shot if the shot has become stale meanwhile."""
        shot, decoding = self._wait(max(end_s - time.monotonic(), 0.0))
        if self.source.is_stale(shot):
            self.get_shot = self.source.request_shot(shot.custom_params).get
            shot, decoding = self._wait(REPLACE_TIMEOUT_S)
        return shot, decoding

    def _wait(self, timeout_s: float) -> tuple[Shot, Decoding]:
        shot, decoding = self.begin(timeout_s)
        try:
            return shot, decoding.result(min(timeout_s, MAX_WAIT_S))
        except FutureTimeoutError:
            raise EncodingTimeout("the picture was not decoded in time") from None


class ImageCall:
    """The requests of one call, answered in their order, each with its own status."""

    def __init__(
        self, sources: Mapping[str, VisualImageSource], robot_time: RobotTime, decode: Decode
    ) -> None:
        self._sources = sources
        self._robot_time = robot_time
        self._decode = decode
        # Equal requests of the call share a shot, or the error in its place.
        self._pending: dict[ShotKey, PendingShot] = {}
        self._shots: SingleFlightCache[ShotKey, Shot] = SingleFlightCache(
            Limits().requests_per_call
        )
        self.reasons: list[str] = []

    def answer(
        self, requests: Sequence[Any], responses: Any, wait_s: float, decode_s: float
    ) -> None:
        """Append an `ImageResponse` for each request.

        Cameras have `wait_s` for their shots, and `decode_s` until these are decoded. If the call
        needs only one shot, its camera has `decode_s` for both.
        """
        begun_s = time.monotonic()
        prepared = [self._caught(request, partial(self._prepare, request)) for request in requests]
        pending = [answer for answer in prepared if isinstance(answer, PendingAnswer)]
        if len(self._pending) == 1:
            wait_s = max(wait_s, min(MAX_WAIT_S, decode_s))
        # Shots of the background are available at once, and age: they are fetched last.
        for answer in sorted(pending, key=lambda answer: answer.is_background):
            left_s = max(0.0, begun_s + wait_s - time.monotonic())
            self._try(partial(answer.begin, left_s))
        for request, answer in zip(requests, prepared, strict=True):
            is_pending = isinstance(answer, PendingAnswer)
            finish = partial(self._finish, answer, begun_s + decode_s)
            responses.append(self._caught(request, finish) if is_pending else answer)

    def _prepare(self, request: Any) -> Any:
        name = request.image_source_name
        source = self._sources.get(name)
        if source is None:
            known = ", ".join(self._sources)
            message = f"no source is named {name[:MAX_SHOWN_NAME]!r}; there are {known}"
            return self._refused(request, Refused(Status.UNKNOWN_CAMERA, message))
        clean = resolved(request, source.supported_pixel_formats)
        if isinstance(clean, Refused):
            return self._refused(request, clean)
        params = clean.custom_params if clean.HasField("custom_params") else None
        if params is not None:
            error = source.value_validator(params)
            if error:
                reason = "; ".join(error.error_messages) or "the custom parameters are not allowed"
                refused = Refused(Status.CUSTOM_PARAMS_ERROR, f"{name}: {reason}", error)
                return self._refused(request, refused)
        key = (name, b"" if params is None else params.SerializeToString(deterministic=True))
        if key not in self._pending:
            self._pending[key] = source.request_shot(params)
        get_shot, is_background = partial(self._shot, key), self._pending[key].is_background
        return PendingAnswer(source, clean, get_shot, is_background, self._decode)

    def _shot(self, key: ShotKey, timeout_s: float) -> Shot:
        return self._shots.get(key, partial(self._pending[key].get, timeout_s), timeout_s)

    def _refused(self, request: Any, refused: Refused) -> Any:
        response = self._failed(request, refused.status, refused.message)
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

    def _finish(self, answer: PendingAnswer, end_s: float) -> Any:
        shot, decoding = answer.decoded(end_s)
        name = answer.source.image_source_name
        if decoding.status != Status.OK:
            message = f"{name}: the picture cannot be decoded as requested"
            return self._failed(answer.request, decoding.status, message)
        try:
            acquired = self._robot_time(shot.timestamp)
        except Exception as error:  # the SDK's time sync raises whatever ended its thread
            raise NotSynchronized(f"{name}: robot time is not known: {error}") from error
        if acquired is None:
            raise NotSynchronized(f"{name}: invalid time of a picture: {shot.timestamp}")
        response = image_pb2.ImageResponse(status=int(Status.OK))
        response.source.CopyFrom(answer.source.image_source_proto)
        response.shot.acquisition_time.CopyFrom(acquired)
        response.shot.capture_params.CopyFrom(decoding.parameters)
        response.shot.image.CopyFrom(decoding.image)
        return response

    def _try(self, step: Callable[[], object]) -> None:
        """Take a step of an answer; its error is raised again by `_finish`."""
        try:
            step()
        except Exception as error:  # noqa: BLE001 - the other answers do not depend on it
            _LOG.debug("%s: %s", type(error).__name__, error)

    def _caught(self, request: Any, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except Error as error:
            return self._failed(request, status_of_error(error), str(error))
        except Exception as error:  # noqa: BLE001 - the other answers do not depend on it
            _LOG.exception("%s: unexpected error", request.image_source_name)
            message = f"{request.image_source_name}: unexpected {type(error).__name__}: {error}"
            return self._failed(request, Status.IMAGE_DATA_ERROR, message)
