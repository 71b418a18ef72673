"""Parameter session of a camera with a parameter spec of its own."""

import logging
from dataclasses import replace

from spot_webcam.app.capture.initial_parameters import InitialParameters
from spot_webcam.domain.errors import CameraError, CameraMisconfigured, ParametersRefused
from spot_webcam.domain.media.image import CaptureSettings
from spot_webcam.domain.ports import Parametrised
from spot_webcam.domain.sources.controls import Control
from spot_webcam.domain.sources.parameters import MAX_ENCODED_BYTES, ParameterValues
from spot_webcam.domain.timing import NANOSECONDS, Clock

_LOG = logging.getLogger(__name__)


class SpecSession:
    """A `ParameterSession` for a `Parametrised` camera.

    No picture has to be discarded: each is taken with the parameters set before its grab.
    """

    def __init__(
        self,
        camera: Parametrised,
        source_name: str,
        clock: Clock,
        linger_s: float,
        initial: InitialParameters | None = None,
    ) -> None:
        self._camera = camera
        self._source_name = source_name
        self._clock = clock
        self._linger_ns = int(linger_s * NANOSECONDS)
        self._initial = initial
        # Those in the form of a request. A serialized message after another one is merged with it.
        self._base = b""
        self._warned = ""
        self._applied = b""
        # The camera may have set a part of parameters that it refused.
        self._was_refused = False
        self._linger_until_ns = 0
        self.spec = b""

    @property
    def is_overridden(self) -> bool:
        """Whether the camera uses parameters of a request."""
        return bool(self._applied) or self._was_refused

    @property
    def restore_due(self) -> bool:
        """Whether the parameters are overridden and no request has needed them for a while."""
        return self.is_overridden and self._clock.monotonic_ns() >= self._linger_until_ns

    def opened(self) -> tuple[Control, ...]:
        """Read the spec of the camera, and set the initial parameters; it offers no controls."""
        if self.is_overridden:
            self.restore()
        self.spec = self._camera.parameter_spec()
        if len(self.spec) > MAX_ENCODED_BYTES:
            raise CameraMisconfigured(
                f"its parameter spec has {len(self.spec)} bytes; the limit is"
                f" {MAX_ENCODED_BYTES}: shorten its texts"
            )
        self._set_initial()
        return ()

    def _set_initial(self) -> None:
        if self._initial is None:
            return
        self._base = b""
        try:
            base = self._initial.encode(self._initial.values, self.spec)
            self._camera.set_parameters(base)
        except CameraMisconfigured as error:
            if self._warned != str(error):
                self._warned = str(error)
                _LOG.warning("%s: cannot set the parameters: %s", self._source_name, error)
        else:
            self._base = base

    def apply(self, values: ParameterValues) -> bool:
        """Set the parameters."""
        if not isinstance(values, bytes):
            raise ParametersRefused("the camera offers other parameters now: list the sources")
        self._linger_until_ns = self._clock.monotonic_ns() + self._linger_ns
        if values != self._applied:
            self._applied = values
            try:
                self._camera.set_parameters(self._base + values)
            except CameraMisconfigured as error:
                raise ParametersRefused(*error.args) from error
        return False

    def refused(self) -> None:
        """Record that the camera refused the parameters: nothing is grabbed with them."""
        self._applied = b""
        self._was_refused = True
        self._linger_until_ns = self._clock.monotonic_ns()

    def restore(self) -> bool:
        """Undo what requests set."""
        self._camera.set_parameters(self._base)
        self._applied = b""
        self._was_refused = False
        return False

    def annotate(self, settings: CaptureSettings) -> CaptureSettings:
        """Return the settings with all parameters of the last grab."""
        if not self.spec:
            return settings
        return replace(settings, encoded_parameters=self._camera.parameters())

    def close(self) -> None:
        """Undo what requests set."""
        if not self.is_overridden:
            return
        try:
            self.restore()
        except CameraError as error:
            name = self._source_name
            text = "%s: cannot restore the parameters: %s"
            _LOG.warning(text, name, error, extra={"source": name})
        self._applied = b""
        self._was_refused = False
