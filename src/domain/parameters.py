"""Custom parameters of requests: a camera's controls, as clients see and set them."""

import math
from collections.abc import Mapping, Sequence

from spot_webcam.domain.controls import Control, ControlKind
from spot_webcam.domain.errors import CameraMisconfigured

Given = int | float | bool | str

# What clients can set by a slider, a switch or a list. A button has no value to show.
OFFERED_KINDS = frozenset(
    {ControlKind.INTEGER, ControlKind.BOOLEAN, ControlKind.MENU, ControlKind.INTEGER_MENU}
)


def offered(controls: Sequence[Control]) -> tuple[Control, ...]:
    """Return the controls that a source offers as custom parameters.

    Inactive ones are among them: the same request may switch off the automatic that holds them.
    """
    return tuple(one for one in controls if one.kind in OFFERED_KINDS and not one.read_only)


def parameter_values(given: Mapping[str, Given], offer: Sequence[Control]) -> dict[str, int]:
    """Return the values to set for what a request gave.

    Numbers between two steps go to the nearer one: sliders know no steps.

    Raises:
        CameraMisconfigured: there is no such parameter, or it does not take the value.
    """
    by_name = {control.name: control for control in offer}
    values = {}
    for name, value in given.items():
        control = by_name.get(name)
        if control is None:
            known = ", ".join(by_name) or "none"
            raise CameraMisconfigured(f"there is no parameter {name!r}; there are: {known}")
        values[name] = _value(control, value)
    return values


def _value(control: Control, given: Given) -> int:
    if isinstance(given, str):
        value = control.parse(given)
    elif not math.isfinite(given):
        raise CameraMisconfigured(f"{control.name} takes {control.allowed}, not {given}")
    else:
        value = round(given)
    if control.kind is ControlKind.INTEGER and control.minimum <= value <= control.maximum:
        value = _nearest_step(control, value)
    control.check(value)
    return value


def _nearest_step(control: Control, value: int) -> int:
    step = max(1, control.step)
    below = value - (value - control.minimum) % step
    above = below + step
    return above if above <= control.maximum and above - value < value - below else below
