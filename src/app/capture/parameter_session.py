"""Parameter session: set a camera's parameters for requests, and restore them afterwards."""

from typing import Protocol

from spot_webcam.app.capture.control_session import ControlSession
from spot_webcam.app.capture.initial_parameters import InitialParameters
from spot_webcam.app.capture.spec_session import SpecSession
from spot_webcam.domain.media.image import CaptureSettings
from spot_webcam.domain.ports import Camera, Parametrised
from spot_webcam.domain.sources.controls import Control
from spot_webcam.domain.sources.parameters import ParameterValues
from spot_webcam.domain.timing import Clock


class ParameterSession(Protocol):
    """The parameters of one camera, on its capture thread.

    Every method but `close` raises `CameraError`.
    """

    spec: bytes
    """The parameter spec of a `Parametrised` camera; empty for a camera with controls."""

    def opened(self) -> tuple[Control, ...]:
        """Restore what an earlier session set, and set the initial parameters.

        Returns the controls that the camera offers.
        """
        ...

    @property
    def is_overridden(self) -> bool:
        """Whether the camera uses parameters of a request."""
        ...

    @property
    def restore_due(self) -> bool:
        """Whether the parameters are overridden and no request has needed them for a while."""
        ...

    def apply(self, values: ParameterValues) -> bool:
        """Set the parameters; return whether pictures in flight have to be discarded.

        Raises:
            ParametersRefused: the camera does not accept them.
        """
        ...

    def refused(self) -> None:
        """Record that the camera refused them, maybe in part; restoring is due."""
        ...

    def restore(self) -> bool:
        """Undo what requests set; return whether pictures in flight have to be discarded."""
        ...

    def annotate(self, settings: CaptureSettings) -> CaptureSettings:
        """Return the settings with the parameters of the last grab."""
        ...

    def close(self) -> None:
        """Restore the parameters before the camera is closed; logs an error."""
        ...


def parameter_session(
    camera: Camera,
    source_name: str,
    clock: Clock,
    linger_s: float,
    *,
    restore_defaults: bool,
    initial: InitialParameters | None = None,
) -> ParameterSession:
    """Return the session that fits the camera.

    Parameters stay for `linger_s` after the last request for them. With `restore_defaults`, the
    session of a camera with controls ends with their default values. `initial` ones are set at
    each open; those that the camera does not accept are a warning in the log.
    """
    if isinstance(camera, Parametrised):
        return SpecSession(camera, source_name, clock, linger_s, initial)
    return ControlSession(
        camera,
        source_name,
        clock,
        linger_s,
        restore_defaults=restore_defaults,
        initial=initial,
    )
