"""Sets a camera's controls for requests, and puts them back when nobody wants them any more."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from spot_webcam.app.spec_control import SpecControl
from spot_webcam.domain.controls import Control, Controllable
from spot_webcam.domain.errors import CameraError, CameraMisconfigured, ParametersRefused
from spot_webcam.domain.image import CaptureSettings
from spot_webcam.domain.parameters import ParameterValues, Parametrised, offered
from spot_webcam.domain.ports import Camera, Clock
from spot_webcam.domain.time_units import NANOSECONDS

_LOG = logging.getLogger(__name__)

# Parameters stay for so long after the last request for them: who streams with some does not
# make the picture flicker.
LINGER_NS = 2 * NANOSECONDS


def parameter_control(
    camera: Camera, name: str, clock: Clock, *, restore_defaults: bool
) -> "ParameterControl | SpecControl":
    """Return what sets the parameters of a camera, as the camera has them."""
    if isinstance(camera, Parametrised):
        return SpecControl(camera, name, clock, LINGER_NS)
    return ParameterControl(camera, name, clock, restore_defaults=restore_defaults)


class ParameterControl:
    """The controls of one camera, on its capture thread.

    Every method but `close` raises `CameraError`.
    """

    # A camera with controls has no spec of its own.
    spec = b""

    def __init__(self, camera: Camera, name: str, clock: Clock, *, restore_defaults: bool) -> None:
        self._camera = camera if isinstance(camera, Controllable) else None
        self._name = name
        self._clock = clock
        self._restore_defaults = restore_defaults
        # What the controls were before requests changed them, as far as it could be read.
        self._base: dict[str, int] = {}
        # What the last request set, and all that requests set since the base was put back.
        self._applied: dict[str, int] = {}
        self._touched: set[str] = set()
        self._until_ns = 0

    def opened(self) -> tuple[Control, ...]:
        """Return what the camera, just opened, offers."""
        if self._camera is None:
            return ()
        if self._touched:  # cameras keep what was set over closing and opening
            self._put_back()
        offer = offered(self._camera.controls())
        self._base = self._camera.read([control.name for control in offer])
        return offer

    @property
    def away(self) -> bool:
        """Whether pictures are taken with what a request set."""
        return bool(self._touched)

    @property
    def due(self) -> bool:
        """Whether nobody has asked for what is set for a while."""
        return self.away and self._clock.monotonic_ns() >= self._until_ns

    def apply(self, values: ParameterValues) -> bool:
        """Set the controls; return whether they changed, so that pictures have to be waited for.

        Raises:
            ParametersRefused: the camera has no such control, or refuses a value; what was set
                is put back in time.
        """
        if self._camera is None or isinstance(values, bytes):
            raise ParametersRefused("the camera has no controls")
        self._until_ns = self._clock.monotonic_ns() + LINGER_NS
        if values == self._applied:
            return False
        if not self._touched:
            self._base = self._camera.read(self._base)
        before = {name: self._base[name] for name in self._applied if name in self._base}
        self._applied = {}
        self._touched.update(values)
        switches, rest = self._in_order({**before, **values})
        try:
            self._camera.write(switches)
            self._camera.write(self._active(rest))
        except CameraMisconfigured as error:
            raise ParametersRefused(*error.args) from error
        self._applied = dict(values)
        return True

    def put_back_when_due(self) -> bool:
        """Undo what requests set, once nobody has asked for it for a while; tell whether."""
        if not self.due:
            return False
        self._put_back()
        return True

    def put_back(self) -> bool:
        """Do so now; return whether pictures have to be waited for."""
        self._put_back()
        return True

    def shown_in(self, settings: CaptureSettings) -> CaptureSettings:
        """Return the settings with the values of all that the camera offers."""
        return replace(settings, parameters=self.read())

    def read(self) -> dict[str, int]:
        """Return the values of all that the camera offers."""
        return {} if self._camera is None else self._camera.read(self._base)

    def close(self) -> None:
        """Put back what requests set, or the defaults, if that was asked for."""
        if self._camera is None:
            return
        try:
            if self._restore_defaults:
                offer = offered(self._camera.controls())
                self._set_each({one.name: one.default for one in offer})
            elif self._touched:
                self._put_back()
        except CameraError as error:
            _LOG.warning("%s: controls could not be put back: %s", self._name, error)
        self._applied = {}
        self._touched = set()

    def _put_back(self) -> None:
        """Set what requests touched, and what the automatics among that moved."""
        if self._camera is None:
            return
        switches = {one.name for one in self._camera.controls() if one.switches}
        names = set(self._base) if self._touched & switches else self._touched & set(self._base)
        self._applied = {}
        self._touched = set()
        self._set_each({name: self._base[name] for name in sorted(names)})

    def _set_each(self, values: Mapping[str, int]) -> None:
        """Set each control that is not so already; one that is refused spoils no other."""
        if self._camera is None:
            return
        switches, rest = self._in_order(values)
        for part in (switches, rest):
            now = self._camera.read(part)
            for name, value in self._active(part).items():
                if now.get(name) == value:
                    continue
                try:
                    self._camera.write({name: value})
                except CameraMisconfigured as error:
                    _LOG.debug("%s: %s cannot be put back: %s", self._name, name, error)

    def _in_order(self, values: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
        """Return the automatic switches among the values, and then what they leave to be set."""
        controls = [] if self._camera is None else self._camera.controls()
        switches = {one.name for one in controls if one.switches}
        return (
            {name: value for name, value in values.items() if name in switches},
            {name: value for name, value in sorted(values.items()) if name not in switches},
        )

    def _active(self, values: Mapping[str, int]) -> dict[str, int]:
        """Return the values of controls that no automatic holds at this moment."""
        controls = [] if self._camera is None else self._camera.controls()
        inactive = {one.name for one in controls if one.inactive}
        return {name: value for name, value in values.items() if name not in inactive}
