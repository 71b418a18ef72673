"""Parameter session of a camera with controls, such as a V4L2 device."""

import logging
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from spot_webcam.app.capture.initial_parameters import InitialParameters
from spot_webcam.domain.errors import CameraError, CameraMisconfigured, ParametersRefused
from spot_webcam.domain.media.image import CaptureSettings
from spot_webcam.domain.ports import Camera, Controllable
from spot_webcam.domain.sources.controls import Control, ControlKind
from spot_webcam.domain.sources.parameters import ParameterValues, parameter_values
from spot_webcam.domain.timing import NANOSECONDS, Clock

_LOG = logging.getLogger(__name__)

# Kinds that a client can show as a slider, a switch or a list. A button has no value.
OFFERED_KINDS = frozenset(
    {ControlKind.INTEGER, ControlKind.BOOLEAN, ControlKind.MENU, ControlKind.INTEGER_MENU}
)


def offered(controls: Sequence[Control]) -> tuple[Control, ...]:
    """Return the controls that a source offers as custom parameters.

    They include inactive controls, because a request may switch off automatic mode as well.
    """
    return tuple(
        control for control in controls if control.kind in OFFERED_KINDS and not control.read_only
    )


class ControlSession:
    """A `ParameterSession` for a camera with controls, or without any parameters."""

    def __init__(
        self,
        camera: Camera,
        source_name: str,
        clock: Clock,
        linger_s: float,
        *,
        restore_defaults: bool,
        initial: InitialParameters | None = None,
    ) -> None:
        self._camera = camera if isinstance(camera, Controllable) else None
        self._source_name = source_name
        self._clock = clock
        self._linger_ns = int(linger_s * NANOSECONDS)
        self._restore_defaults = restore_defaults
        self._initial = initial
        self._warned = ""
        # The values before requests changed them, as far as they could be read.
        self._base: dict[str, int] = {}
        # The values of the last request, and the names of all controls that requests have set
        # since the base was restored.
        self._applied: dict[str, int] = {}
        self._touched: set[str] = set()
        self._linger_until_ns = 0
        self.spec = b""

    def opened(self) -> tuple[Control, ...]:
        """Restore what an earlier session set; return the controls that the camera offers."""
        if self._camera is None:
            return ()
        if self._touched:  # cameras keep their controls when they are closed
            try:
                self.restore()
            except CameraMisconfigured as error:  # another camera has the device's name now
                self._cannot_restore(error)
                self._touched = set()
        offer = offered(self._camera.controls())
        self._set_initial(self._camera, offer)
        self._base = self._camera.read([control.name for control in offer])
        return offer

    def _set_initial(self, camera: Controllable, offer: Sequence[Control]) -> None:
        if self._initial is None:
            return
        try:
            self._set(camera, {}, parameter_values(self._initial.values, offer))
        except CameraMisconfigured as error:
            if self._warned != str(error):
                self._warned = str(error)
                _LOG.warning("%s: cannot set the parameters: %s", self._source_name, error)

    @property
    def is_overridden(self) -> bool:
        """Whether the camera uses values of a request."""
        return bool(self._touched)

    @property
    def restore_due(self) -> bool:
        """Whether the controls are overridden and no request has needed that for a while."""
        return self.is_overridden and self._clock.monotonic_ns() >= self._linger_until_ns

    def apply(self, values: ParameterValues) -> bool:
        """Set the controls; return whether they changed.

        Raises:
            ParametersRefused: the camera does not have a control or refuses a value, or the
                control is in automatic mode and the request does not set that mode.
        """
        if self._camera is None or isinstance(values, bytes):
            raise ParametersRefused("the camera has no controls")
        self._linger_until_ns = self._clock.monotonic_ns() + self._linger_ns
        if values == self._applied:
            return False
        if not self._touched:
            self._base = self._camera.read(self._base)
        others = {name: value for name, value in self._to_restore().items() if name not in values}
        self._applied = {}
        self._touched.update(values)
        try:
            self._set(self._camera, others, values)
        except CameraMisconfigured as error:
            raise ParametersRefused(*error.args) from error
        self._applied = dict(values)
        return True

    def refused(self) -> None:
        """Record that the camera refused values: no picture may show a part of them."""
        self._applied = {}
        self._linger_until_ns = self._clock.monotonic_ns()

    def restore(self) -> bool:
        """Undo what requests set."""
        self._applied = {}
        if self._camera is not None:
            self._set(self._camera, self._to_restore(), {})
        # Only now: after a failure the controls are restored when the camera is open again.
        self._touched = set()
        return True

    def annotate(self, settings: CaptureSettings) -> CaptureSettings:
        """Return the settings with the values of all controls that the camera offers."""
        if self._camera is None:
            return settings
        return replace(settings, parameters=self._camera.read(self._base))

    def close(self) -> None:
        """Undo what requests set, or set the defaults if the session was created so."""
        if self._camera is None:
            return
        try:
            if self._restore_defaults:
                offer = offered(self._camera.controls())
                self._set(self._camera, {control.name: control.default for control in offer}, {})
            elif self._touched:
                self.restore()
        except CameraError as error:
            self._cannot_restore(error)
        self._applied = {}
        self._touched = set()

    def _cannot_restore(self, error: CameraError) -> None:
        name = self._source_name
        _LOG.warning("%s: cannot restore the controls: %s", name, error, extra={"source": name})

    def _to_restore(self) -> dict[str, int]:
        """Return the values of the controls that requests set, or that may have changed by it."""
        if self._camera is None or not self._touched:
            return {}
        switches = _switches(self._camera)
        # An automatic that was switched may have changed any control.
        changed = set(self._base) if self._touched & switches else self._touched & set(self._base)
        return {name: self._base[name] for name in sorted(changed)}

    def _set(self, camera: Controllable, old: Mapping[str, int], new: Mapping[str, int]) -> None:
        """Restore some controls to their old values, and set others to those of a request."""
        all_switches = _switches(camera)
        switches, rest = _split(new, all_switches)
        old_switches, old_rest = _split(old, all_switches)
        # First: an automatic that is switched on keeps the values that a request set.
        self._set_each(camera, old_rest)
        self._set_each(camera, old_switches)
        camera.write(switches)
        # Again: controls that were in automatic mode until now.
        self._set_each(camera, old_rest)
        # A request that sets every switch comes from a form that sends all fields. Its values for
        # controls in automatic mode are ignored.
        is_form = (all_switches & set(self._base) or set(self._base)) <= set(new)
        camera.write(_active(camera, rest) if is_form else rest)

    def _set_each(self, camera: Controllable, values: Mapping[str, int]) -> None:
        """Set each control that has another value; a refused one does not affect the others."""
        present = camera.read(values)
        for name, value in _active(camera, values).items():
            if present.get(name) == value:
                continue
            try:
                camera.write({name: value})
            except CameraMisconfigured as error:
                _LOG.debug("%s: cannot restore %s: %s", self._source_name, name, error)


def _switches(camera: Controllable) -> set[str]:
    return {control.name for control in camera.controls() if control.switches}


def _split(
    values: Mapping[str, int], switches: AbstractSet[str]
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the values of automatic switches, and the other values."""
    return (
        {name: value for name, value in values.items() if name in switches},
        {name: value for name, value in sorted(values.items()) if name not in switches},
    )


def _active(camera: Controllable, values: Mapping[str, int]) -> dict[str, int]:
    """Return the values of controls that are not in automatic mode at this moment."""
    inactive = {control.name for control in camera.controls() if control.inactive}
    return {name: value for name, value in values.items() if name not in inactive}
