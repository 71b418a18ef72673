"""Sets a camera's controls for requests, and puts them back when nobody wants them any more."""

import logging
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from spot_webcam.app.capture.spec_session import SpecSession
from spot_webcam.domain.errors import CameraError, CameraMisconfigured, ParametersRefused
from spot_webcam.domain.media.image import CaptureSettings
from spot_webcam.domain.ports import Camera, Clock
from spot_webcam.domain.sources.controls import Control, Controllable
from spot_webcam.domain.sources.parameters import ParameterValues, Parametrised, offered
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)

# Parameters stay for so long after the last request for them: who streams with some does not
# make the picture flicker.
LINGER_NS = 2 * NANOSECONDS


def parameter_control(
    camera: Camera, name: str, clock: Clock, *, restore_defaults: bool
) -> "ControlSession | SpecSession":
    """Return what sets the parameters of a camera, as the camera has them."""
    if isinstance(camera, Parametrised):
        return SpecSession(camera, name, clock, LINGER_NS)
    return ControlSession(camera, name, clock, restore_defaults=restore_defaults)


class ControlSession:
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
            ParametersRefused: the camera has no such control, or refuses a value, or an automatic
                holds it that the request does not know of.
        """
        if self._camera is None or isinstance(values, bytes):
            raise ParametersRefused("the camera has no controls")
        self._until_ns = self._clock.monotonic_ns() + LINGER_NS
        if values == self._applied:
            return False
        if not self._touched:
            self._base = self._camera.read(self._base)
        others = {name: value for name, value in self._to_put_back().items() if name not in values}
        self._applied = {}
        self._touched.update(values)
        try:
            self._turn(self._camera, others, values)
        except CameraMisconfigured as error:
            raise ParametersRefused(*error.args) from error
        self._applied = dict(values)
        return True

    def refused(self) -> None:
        """Take note that the camera refused what was set: no picture is to show half of it."""
        self._applied = {}
        self._until_ns = self._clock.monotonic_ns()

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
                self._turn(self._camera, {one.name: one.default for one in offer}, {})
            elif self._touched:
                self._put_back()
        except CameraError as error:
            _LOG.warning("%s: controls could not be put back: %s", self._name, error)
        self._applied = {}
        self._touched = set()

    def _put_back(self) -> None:
        values = self._to_put_back()
        self._applied = {}
        self._touched = set()
        if self._camera is not None:
            self._turn(self._camera, values, {})

    def _to_put_back(self) -> dict[str, int]:
        """Return what requests touched, and what the automatics among that may have moved."""
        if self._camera is None or not self._touched:
            return {}
        switches = {one.name for one in self._camera.controls() if one.switches}
        moved = set(self._base) if self._touched & switches else self._touched & set(self._base)
        return {name: self._base[name] for name in sorted(moved)}

    def _turn(
        self, camera: Controllable, old: Mapping[str, int], wanted: Mapping[str, int]
    ) -> None:
        """Put some controls back, and set others as a request wants it."""
        all_switches = {one.name for one in camera.controls() if one.switches}
        switches, rest = _split(wanted, all_switches)
        old_switches, old_rest = _split(old, all_switches)
        # Before an automatic holds them, and keeps what a request set.
        self._set_each(camera, old_rest)
        self._set_each(camera, old_switches)
        camera.write(switches)
        # What an automatic held until now.
        self._set_each(camera, old_rest)
        # Who gives every switch has asked for the automatics: clients that draw a form of all
        # parameters send all, and mean nothing by what an automatic holds.
        knows = (all_switches & set(self._base) or set(self._base)) <= set(wanted)
        camera.write(_active(camera, rest) if knows else rest)

    def _set_each(self, camera: Controllable, values: Mapping[str, int]) -> None:
        """Set each control that is not so already; one that is refused spoils no other."""
        now = camera.read(values)
        for name, value in _active(camera, values).items():
            if now.get(name) == value:
                continue
            try:
                camera.write({name: value})
            except CameraMisconfigured as error:
                _LOG.debug("%s: %s cannot be put back: %s", self._name, name, error)


def _split(
    values: Mapping[str, int], switches: AbstractSet[str]
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the automatic switches among the values, and the others."""
    return (
        {name: value for name, value in values.items() if name in switches},
        {name: value for name, value in sorted(values.items()) if name not in switches},
    )


def _active(camera: Controllable, values: Mapping[str, int]) -> dict[str, int]:
    """Return the values of controls that no automatic holds at this moment."""
    inactive = {one.name for one in camera.controls() if one.inactive}
    return {name: value for name, value in values.items() if name not in inactive}
