"""Custom parameters of requests: a camera's controls, or parameters of its own spec."""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.controls import Control, ControlKind

Given = int | float | bool | str
# Parameters to capture a picture with: values of controls, or a serialized `DictParam` for a
# `Parametrised` camera.
ParameterValues = Mapping[str, int] | bytes

# Parameters have to fit into one message to a camera that runs in a child process.
MAX_ENCODED_BYTES = 1 << 16


class ParameterCheck(Protocol):
    """The API's rules for parameters of requests. Pure, thread-safe."""

    def __call__(self, encoded: bytes, controls: Sequence[Control], spec: bytes, /) -> str | None:
        """Return in one line what is wrong with a serialized `DictParam`, or `None`.

        It is checked against the spec of the source if there is one, else against its controls.
        """
        ...


def no_rules(_encoded: bytes, _controls: Sequence[Control], _spec: bytes) -> None:
    """Accept everything: a `ParameterCheck` that leaves the check to the controls."""


def parameter_values(given: Mapping[str, Given], offer: Sequence[Control]) -> dict[str, int]:
    """Return the control values for the parameters of a request.

    Numbers between two steps are rounded to the nearer one: sliders of clients have no steps.

    Raises:
        CameraMisconfigured: a parameter does not exist, or does not accept the value.
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
