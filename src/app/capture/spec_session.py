"""Sets the parameters of a camera with a spec of its own for requests, and puts them back."""

import logging
from dataclasses import replace

from spot_webcam.domain.errors import CameraError, CameraMisconfigured, ParametersRefused
from spot_webcam.domain.media.image import CaptureSettings
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.sources.controls import Control
from spot_webcam.domain.sources.parameters import MAX_ENCODED_BYTES, ParameterValues, Parametrised

_LOG = logging.getLogger(__name__)


class SpecSession:
    """What `ControlSession` is, for a camera that is `Parametrised`.

    Its pictures need not be waited for: each is taken with what was set before its grab.
    """

    def __init__(self, camera: Parametrised, name: str, clock: Clock, linger_ns: int) -> None:
        """Parameters stay for `linger_ns` after the last request for them."""
        self._camera = camera
        self._name = name
        self._clock = clock
        self._linger_ns = linger_ns
        self._applied = b""
        # What was set may be in part what a request wanted that was refused.
        self._refused = False
        self._until_ns = 0
        self.spec = b""

    @property
    def away(self) -> bool:
        """Whether pictures are taken with what a request set."""
        return bool(self._applied) or self._refused

    def opened(self) -> tuple[Control, ...]:
        """Learn the spec of the camera, just opened; it offers no controls."""
        if self.away:
            self.put_back()
        self.spec = self._camera.parameter_spec()
        if len(self.spec) > MAX_ENCODED_BYTES:
            raise CameraMisconfigured(
                f"the spec of its parameters takes {len(self.spec)} bytes;"
                f" {MAX_ENCODED_BYTES} are the most: shorten its texts"
            )
        return ()

    def apply(self, values: ParameterValues) -> bool:
        """Set what a request gives; pictures never have to be waited for.

        Raises:
            ParametersRefused: the camera refuses them.
        """
        if not isinstance(values, bytes):
            raise ParametersRefused("the camera offers other parameters now: list the sources")
        self._until_ns = self._clock.monotonic_ns() + self._linger_ns
        if values != self._applied:
            self._applied = values
            try:
                self._camera.set_parameters(values)
            except CameraMisconfigured as error:
                raise ParametersRefused(*error.args) from error
        return False

    def refused(self) -> None:
        """Take note that the camera refused what was set: nothing is to be grabbed with it."""
        self._applied = b""
        self._refused = True
        self._until_ns = self._clock.monotonic_ns()

    def put_back(self) -> bool:
        """Undo what a request set; pictures never have to be waited for."""
        self._camera.set_parameters(b"")
        self._applied = b""
        self._refused = False
        return False

    def put_back_when_due(self) -> bool:
        """Do so once nobody has asked for a while; tell whether."""
        if not self.due:
            return False
        self.put_back()
        return True

    @property
    def due(self) -> bool:
        """Whether nobody has asked for what is set for a while."""
        return self.away and self._clock.monotonic_ns() >= self._until_ns

    def shown_in(self, settings: CaptureSettings) -> CaptureSettings:
        """Return the settings with all values of the last grab."""
        if not self.spec:
            return settings
        return replace(settings, encoded_parameters=self._camera.parameters())

    def close(self) -> None:
        """Put back what a request set."""
        if not self.away:
            return
        try:
            self.put_back()
        except CameraError as error:
            _LOG.warning("%s: parameters could not be put back: %s", self._name, error)
        self._applied = b""
        self._refused = False
