"""Pictures for viewers on this computer's time: of the same published frames and encodings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from spot_webcam.app.serving.frame_source import FrameSource
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.app.serving.prepared_call import refused
from spot_webcam.app.settings import Limits, Timeouts
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.instant import now
from spot_webcam.domain.media.image import ImageCodec, ImageFormat
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import ImageRequest, Refusal
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.parameter_fields import ParameterField, ParameterForms
from spot_webcam.domain.sources.parameters import Given, ParameterCheck
from spot_webcam.domain.timing import Clock


@dataclass(frozen=True, slots=True)
class ViewerRequest(ImageRequest):
    """A request of a viewer. It equals no request of a client, whose answer has robot time."""


class HostTime:
    """A `RobotClock` that shows the wall clock of this computer; always synchronized."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def synchronize(self) -> int:
        """Return 0: there is nothing to measure."""
        return 0

    def robot_time_ns(self, monotonic_ns: int) -> int:
        """Convert to the wall clock of this computer."""
        at = now(self._clock)
        return at.wall_ns - (at.monotonic_ns - monotonic_ns)


class ViewerPictures:
    """Answers viewers, also while the robot is away. Thread-safe.

    An image service per source, whose frames keep what is encoded for any client: equal
    encodings are made once.
    """

    def __init__(
        self,
        sources: Iterable[FrameSource],
        clock: Clock,
        codec: ImageCodec,
        *,
        forms: ParameterForms,
        check_parameters: ParameterCheck,
        limits: Limits,
        timeouts: Timeouts,
    ) -> None:
        """`sources` may change."""
        self._sources = sources
        self._clock = clock
        self._time = HostTime(clock)
        self._codec = codec
        self._forms = forms
        self._check_parameters = check_parameters
        self._limits = limits
        self._timeouts = timeouts
        self._services: dict[str, tuple[FrameSource, ImageService]] = {}

    def picture(
        self,
        name: str,
        quality: float = 0.0,
        parameters: Mapping[str, Given] | None = None,
        timeout_s: float = 5.0,
    ) -> Answer | None:
        """Return the answer to a viewer, `None` if there is no such source.

        Waits for `timeout_s` at most for a frame, and as long as clients do for its encoding.
        Quality 0 is the default, or the camera's own. The time of the capture is this computer's.
        """
        source = self._source(name)
        if source is None:
            return None
        request = ViewerRequest(name, ImageFormat.JPEG, quality_percent=quality)
        if parameters:
            described = source.description
            try:
                values, encoded = self._forms.encoded(
                    parameters, described.parameters, described.parameter_spec
                )
            except CameraMisconfigured as error:
                return refused(Refusal(Status.CUSTOM_PARAMS_ERROR, f"{name}: {error}"), described)
            request = replace(request, custom_params=values, encoded_params=encoded)
        call = self._service(source).prepare([request])
        try:
            call.wait(timeout_s)
            [answer] = call.render()
        finally:
            call.cancel()
        return answer

    def fields(self, name: str) -> tuple[ParameterField, ...] | None:
        """Return the parameters that a source offers, `None` if there is no such source."""
        source = self._source(name)
        if source is None:
            return None
        described = source.description
        return self._forms.fields(described.parameters, described.parameter_spec)

    def _source(self, name: str) -> FrameSource | None:
        source = next((source for source in self._sources if source.name == name), None)
        if source is None:
            self._services.pop(name, None)  # one that is gone, with its frames
        return source

    def _service(self, source: FrameSource) -> ImageService:
        known = self._services.get(source.name)
        if known is None or known[0] is not source:
            service = ImageService(
                [source],
                self._clock,
                self._time,
                self._codec,
                check_parameters=self._check_parameters,
                limits=self._limits,
                timeouts=self._timeouts,
            )
            # A source of that name may have replaced another one.
            known = self._services[source.name] = (source, service)
        return known[1]
