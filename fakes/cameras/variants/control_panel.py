"""The controls of the lab's USB camera: names, ranges and switches as `uvcvideo` reports them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.controls import Control, ControlKind, named

_INTEGER, _BOOLEAN, _MENU = ControlKind.INTEGER, ControlKind.BOOLEAN, ControlKind.MENU
_HERTZ = {0: "Disabled", 1: "50 Hz", 2: "60 Hz"}
_EXPOSURE_MODES = {1: "Manual Mode", 3: "Aperture Priority Mode"}

# In the driver's order, which is by control id.
_CONTROLS = (
    Control("brightness", "Brightness", _INTEGER, -64, 64),
    Control("contrast", "Contrast", _INTEGER, 0, 95, default=32),
    Control("saturation", "Saturation", _INTEGER, 0, 255, default=64),
    Control(
        "white_balance_automatic", "White Balance, Automatic", _BOOLEAN, 0, 1, 1, 1, switches=True
    ),
    Control("gain", "Gain", _INTEGER, 0, 255, default=16),
    Control("power_line_frequency", "Power Line Frequency", _MENU, 0, 2, 1, 1, _HERTZ),
    Control(
        "white_balance_temperature", "White Balance Temperature", _INTEGER, 2800, 6500, 10, 4600
    ),
    Control("sharpness", "Sharpness", _INTEGER, 0, 7, default=2),
    Control("auto_exposure", "Auto Exposure", _MENU, 0, 3, 1, 3, _EXPOSURE_MODES, switches=True),
    Control("exposure_time_absolute", "Exposure Time, Absolute", _INTEGER, 3, 2047, default=250),
    Control("focus_absolute", "Focus, Absolute", _INTEGER, 0, 250, 5),
    Control(
        "focus_automatic_continuous",
        "Focus, Automatic Continuous",
        _BOOLEAN,
        0,
        1,
        1,
        1,
        switches=True,
    ),
)
_DEFAULTS = {control.name: control.default for control in _CONTROLS}
# The switch that makes a control inactive, and the switch's value that does.
_HELD_BY = {
    "white_balance_temperature": ("white_balance_automatic", 1),
    "exposure_time_absolute": ("auto_exposure", 3),
    "focus_absolute": ("focus_automatic_continuous", 1),
}


class ControlPanel:
    """State of the controls, for a `Controllable` camera. Not thread-safe.

    Unlike the real driver, a write of several values that includes an inactive control sets none
    of them. Not simulated: automatics that change the values of inactive controls.
    """

    def __init__(self) -> None:
        self._values = dict(_DEFAULTS)

    def controls(self) -> list[Control]:
        """Return the controls, with their present inactive flags."""
        held = _held(self._values)
        return [replace(control, inactive=control.name in held) for control in _CONTROLS]

    def read(self, names: Iterable[str]) -> dict[str, int]:
        """Return the values of these controls."""
        return {name: self._values[named(_CONTROLS, name).name] for name in names}

    def write(self, values: Mapping[str, int]) -> None:
        """Set all of these values, or none."""
        for name, value in values.items():
            named(_CONTROLS, name).check(value)
        then = {**self._values, **values}
        # A control that a switch of the same call makes inactive is set before that.
        for name in sorted(values.keys() & _held(self._values) & _held(then)):
            raise CameraMisconfigured(
                f"{name} is inactive: an automatic of the camera holds it; switch that off"
            )
        self._values = then

    def reset(self) -> None:
        """Reset all controls to their defaults, as a loss of power does."""
        self._values = dict(_DEFAULTS)


def _held(values: Mapping[str, int]) -> set[str]:
    return {name for name, (switch, on) in _HELD_BY.items() if values[switch] == on}
