"""Controls of a camera, such as brightness, exposure and focus."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from spot_webcam.domain.errors import CameraMisconfigured

# Units of one step, by docs.kernel.org, "Camera Control Reference" and "User Controls".
EXPOSURE_UNIT_S = 100e-6
_SCALES = {
    "exposure_time_absolute": ("s", EXPOSURE_UNIT_S),
    "white_balance_temperature": ("K", 1.0),
}
_ON = {"on": 1, "true": 1, "yes": 1, "off": 0, "false": 0, "no": 0}


class ControlKind(Enum):
    """Kind of value of a control; every value is an integer."""

    INTEGER = "integer"
    BOOLEAN = "boolean"
    MENU = "menu"
    INTEGER_MENU = "integer menu"
    BITMASK = "bitmask"
    BUTTON = "button"


@dataclass(frozen=True, slots=True)
class Control:
    """A control as the driver reports it at one moment; everything but its name may change.

    `menu` maps values to labels; values between minimum and maximum may be missing in it.
    `inactive` controls are in automatic mode (gain under auto-gain); `volatile` controls change
    by themselves. Setting a control that `switches` may activate or change other controls.
    """

    name: str
    label: str
    kind: ControlKind
    minimum: int
    maximum: int
    step: int = 1
    default: int = 0
    menu: Mapping[int, str] = field(default_factory=dict)
    inactive: bool = False
    read_only: bool = False
    volatile: bool = False
    switches: bool = False

    @property
    def unit(self) -> str:
        """The unit of `scale`: 's', 'K', or '' for a control without a unit."""
        return _SCALES.get(self.name, ("", 1.0))[0]

    @property
    def scale(self) -> float:
        """The size of one step in `unit`; 100 µs for an exposure."""
        return _SCALES.get(self.name, ("", 1.0))[1]

    def parse(self, text: str) -> int:
        """Return the value of a number, a menu label or a word like 'on'.

        Raises:
            CameraMisconfigured: it is not a value of this control.
        """
        for value, label in self.menu.items():
            if label == text:
                return value
        word = text.strip().casefold()
        for value, label in self.menu.items():
            if label.strip().casefold() == word:
                return value
        if self.kind is ControlKind.BOOLEAN and word in _ON:
            return _ON[word]
        try:
            value = int(word, 0)
        except ValueError:
            raise CameraMisconfigured(f"{self.name} takes {self.allowed}, not {text!r}") from None
        self.check(value)
        return value

    def check(self, value: int) -> None:
        """Refuse a value that the control does not accept.

        Raises:
            CameraMisconfigured: the control is read-only, or does not accept the value.
        """
        if self.read_only:
            raise CameraMisconfigured(f"{self.name} can only be read")
        if not self._takes(value):
            raise CameraMisconfigured(f"{self.name} takes {self.allowed}, not {value}")

    def _takes(self, value: int) -> bool:
        if self.kind is ControlKind.BUTTON:
            return True
        if self.kind is ControlKind.BITMASK:
            return value >= 0 and value & ~self.maximum == 0
        if self.menu:
            return value in self.menu
        if not self.minimum <= value <= self.maximum:
            return False
        return (value - self.minimum) % max(1, self.step) == 0

    @property
    def allowed(self) -> str:
        """The accepted values as text."""
        if self.kind is ControlKind.BUTTON:
            return "any number"
        if self.kind is ControlKind.BITMASK:
            return f"bits of {self.maximum:#x}"
        if self.menu:
            return ", ".join(f"{value} ({label})" for value, label in self.menu.items())
        if self.kind is ControlKind.BOOLEAN:
            return "0 (off) or 1 (on)"
        steps = f" in steps of {self.step}" if self.step > 1 else ""
        return f"{self.minimum} to {self.maximum}{steps}"


def named(controls: Iterable[Control], name: str) -> Control:
    """Return the control with a name.

    Raises:
        CameraMisconfigured: it does not exist; the text lists similar names.
    """
    by_name = {control.name: control for control in controls}
    if name not in by_name:
        near = difflib.get_close_matches(name, by_name, n=3) or sorted(by_name)
        raise CameraMisconfigured(f"the camera has no control {name!r}; it has {', '.join(near)}")
    return by_name[name]
