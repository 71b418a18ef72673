"""Sets a camera's controls for requests, and puts them back when nobody wants them any more."""

import logging
from collections.abc import Mapping

from spot_webcam.domain.capture_time import NANOSECONDS
from spot_webcam.domain.controls import Control, Controllable
from spot_webcam.domain.errors import CameraError, CameraMisconfigured
from spot_webcam.domain.parameters import offered
from spot_webcam.domain.ports import Camera, Clock

_LOG = logging.getLogger(__name__)

# Parameters stay for so long after the last request for them: who streams with some does not
# make the picture flicker.
LINGER_NS = 2 * NANOSECONDS


class ParameterControl:
    """The controls of one camera, on its capture thread.

    Every method but `close` raises `CameraError`.
    """

    def __init__(self, camera: Camera, name: str, clock: Clock, *, restore_defaults: bool) -> None:
        self._camera = camera if isinstance(camera, Controllable) else None
        self._name = name
        self._clock = clock
        self._restore_defaults = restore_defaults
        # What the controls were before requests changed them.
        self._base: dict[str, int] = {}
        self._applied: dict[str, int] = {}
        self._until_ns = 0

    def opened(self) -> tuple[Control, ...]:
        """Return what the camera, just opened, offers."""
        self._applied = {}
        if self._camera is None:
            return ()
        offer = offered(self._camera.controls())
        self._base = self._camera.read([control.name for control in offer])
        return offer

    def apply(self, values: Mapping[str, int]) -> bool:
        """Set the controls; return whether they changed, so that pictures have to be waited for."""
        if self._camera is None:
            raise CameraMisconfigured("the camera has no controls")
        self._until_ns = self._clock.monotonic_ns() + LINGER_NS
        if values == self._applied:
            return False
        self._set({**{name: self._base[name] for name in self._applied}, **values})
        self._applied = dict(values)
        return True

    def put_back_when_due(self) -> None:
        """Undo what requests set, once nobody has asked for it for a while."""
        if self._applied and self._clock.monotonic_ns() >= self._until_ns:
            base = {name: self._base[name] for name in self._applied}
            self._applied = {}
            self._set(base)

    def read(self) -> dict[str, int]:
        """Return the values of all that the camera offers."""
        return {} if self._camera is None else self._camera.read(self._base)

    def close(self) -> None:
        """Put back what requests set, or the defaults, if that was asked for."""
        if self._camera is None or not self._base:
            return
        try:
            if self._restore_defaults:
                controls = self._camera.controls()
                self._set({one.name: one.default for one in controls if one.name in self._base})
            elif self._applied:
                self._set({name: self._base[name] for name in self._applied})
        except CameraError as error:
            _LOG.warning("%s: controls could not be put back: %s", self._name, error)
        self._base = {}
        self._applied = {}

    def _set(self, values: Mapping[str, int]) -> None:
        """Set the automatic switches, and then what they leave to be set."""
        if self._camera is None:
            return
        switches = {one.name for one in self._camera.controls() if one.switches}
        self._camera.write({name: value for name, value in values.items() if name in switches})
        inactive = {one.name for one in self._camera.controls() if one.inactive}
        rest = values.keys() - switches - inactive
        self._camera.write({name: values[name] for name in sorted(rest)})
